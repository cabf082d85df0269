"""LitServe: one worker, no batching, its faster queue, quiet logs."""

from __future__ import annotations

import os

import litserve
from network import Network


class Served(litserve.LitAPI):
    def setup(self, device):
        self.network = Network()

    def decode_request(self, request):
        return request["instances"]

    def predict(self, x):
        return {"predictions": self.network.predictions(x)}


if __name__ == "__main__":
    server = litserve.LitServer(Served(), accelerator="cpu", workers_per_device=1, fast_queue=True)
    server.run(
        host="127.0.0.1",
        port=int(os.environ["BENCH_PORT"]),
        num_api_servers=1,
        log_level="warning",
        generate_client_file=False,
        access_log=False,
    )
