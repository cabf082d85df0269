"""MLServer: its v2 protocol, the model in the server's process, debug, metrics and gzip off."""

from __future__ import annotations

import asyncio
import os

from mlserver import MLModel, MLServer, ModelSettings, Settings
from mlserver.types import InferenceRequest, InferenceResponse, ResponseOutput
from network import Network


class Served(MLModel):
    async def load(self) -> bool:
        self.network = Network()
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        tensor = payload.inputs[0]
        rows = [tensor.data[at : at + 30] for at in range(0, len(tensor.data), 30)]
        found = self.network.predictions(rows)
        labels, probabilities = zip(*(f.values() for f in found), strict=True)
        shape = [len(found)]
        return InferenceResponse(
            model_name=self.name,
            outputs=[
                ResponseOutput(name="label", datatype="BYTES", shape=shape, data=list(labels)),
                ResponseOutput(
                    name="probability", datatype="FP32", shape=shape, data=list(probabilities)
                ),
            ],
        )


async def main() -> None:
    port = int(os.environ["BENCH_PORT"])
    settings = Settings(
        debug=False,
        host="127.0.0.1",
        http_port=port,
        grpc_port=int(os.environ["BENCH_GRPC_PORT"]),
        metrics_endpoint=None,
        parallel_workers=0,
        gzip_enabled=False,
    )
    server = MLServer(settings)
    await server.start([ModelSettings(name="bench", implementation=Served)])


asyncio.run(main())
