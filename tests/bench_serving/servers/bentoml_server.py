"""BentoML: one worker, an async method, metrics and access log off."""

from __future__ import annotations

import bentoml
from network import Network


@bentoml.service(
    workers=1,
    metrics={"enabled": False},
    tracing={"sample_rate": 0.0},
    logging={"access": {"enabled": False}},
)
class Served:
    def __init__(self) -> None:
        self.network = Network()

    @bentoml.api
    async def predict(self, instances: list[list[float]]) -> dict:
        return {"predictions": self.network.predictions(instances)}
