"""Prometheus, through the objects of its operator: what is scraped, recorded and alerted on."""

from __future__ import annotations

from typing import Any

from modelspec.render.release import Released, metadata
from modelspec.render.slo import rules
from modelspec.serving.contract import METRICS_ROUTE, PORT_NAME

FILES = {"prometheus/monitoring.yaml.j2": "monitoring.yaml"}

SCRAPE_INTERVAL = "30s"


def context(released: Released) -> dict[str, Any]:
    """Values for the templates beyond those of every target.

    Raises:
        InputError: if an objective cannot be watched with the metrics of the runtime.
    """
    spec, release = released.spec, released.release
    groups, notes = rules(release.name, release.version, spec.metadata.owner, spec.monitor.slo)
    return {
        "rule_metadata": metadata(release.name, release.version),
        "notes": {"modelspec/slo-windows": "; ".join(notes)} if notes else {},
        "groups": groups,
        "scrape": {"port": PORT_NAME, "route": METRICS_ROUTE, "interval": SCRAPE_INTERVAL},
    }
