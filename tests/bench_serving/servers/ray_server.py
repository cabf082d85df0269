"""Ray Serve: one replica, its settings for throughput, logs off."""

from __future__ import annotations

import os
import signal

import ray
from network import Network
from ray import serve


@serve.deployment(num_replicas=1, max_ongoing_requests=1000, ray_actor_options={"num_cpus": 0.1})
class Served:
    def __init__(self) -> None:
        self.network = Network()

    async def __call__(self, request):
        return {"predictions": self.network.predictions((await request.json())["instances"])}


ray.init(num_cpus=1, object_store_memory=150 * 2**20, include_dashboard=False)
serve.start(http_options={"host": "127.0.0.1", "port": int(os.environ["BENCH_PORT"])})
serve.run(
    Served.bind(),
    logging_config={"enable_access_log": False, "log_level": "ERROR"},
    route_prefix="/",
)
signal.sigwait([signal.SIGTERM, signal.SIGINT])
