"""Prometheus, through the objects of its operator: what is scraped, recorded and alerted on."""

from __future__ import annotations

from typing import Any

from modelspec.render import drift, quality, slo
from modelspec.render.release import Released
from modelspec.render.watched import Watched
from modelspec.serving.contract import METRICS_ROUTE, PORT_NAME

FILES = {"prometheus/monitoring.yaml.j2": "monitoring.yaml"}

SCRAPE_INTERVAL = "30s"


def context(released: Released) -> dict[str, Any]:
    """Values for the templates beyond those of every target.

    Raises:
        InputError: if an objective cannot be watched with the metrics of the runtime.
    """
    spec, release = released.spec, released.release
    watched = Watched(
        release.name,
        release.version,
        spec.metadata.owner,
        released.environment.name,
        released.environment.namespace,
    )
    groups, notes = slo.rules(watched, spec.monitor.slo)
    if spec.monitor.drift:
        groups.append(drift.rules(watched, spec.monitor.drift))
    if spec.monitor.quality:
        classes = release.schema_.classes
        groups.append(quality.rules(watched, spec.monitor.quality, classes))
    return {
        "rule_metadata": released.metadata(release.version),
        "notes": {"modelspec/slo-windows": "; ".join(notes)} if notes else {},
        "groups": groups,
        "scrape": {"port": PORT_NAME, "route": METRICS_ROUTE, "interval": SCRAPE_INTERVAL},
    }
