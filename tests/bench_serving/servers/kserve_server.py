"""KServe: its v1 protocol, access and latency logs off, no gRPC beside it."""

from __future__ import annotations

import os

from kserve import Model, ModelServer
from network import Network


class Served(Model):
    def __init__(self) -> None:
        super().__init__("bench")
        self.network = Network()
        self.ready = True

    async def predict(self, payload, headers=None, response_headers=None):
        return {"predictions": self.network.predictions(payload["instances"])}


ModelServer(
    http_port=int(os.environ["BENCH_PORT"]),
    workers=1,
    enable_grpc=False,
    enable_latency_logging=False,
    access_log_format="",
).start([Served()])
