"""The `kserve` client over gRPC: a session on standard input, answers out."""

import asyncio
import json
import sys
from typing import Any

import grpc
import numpy as np
from kserve import InferenceGRPCClient, InferInput, InferRequest

KINDS = {"FP64": np.float64, "BYTES": np.object_}


def inputs(columns: dict, binary: bool) -> list:
    made = []
    for name, (datatype, values) in columns.items():
        tensor = InferInput(name, [len(values)], datatype)
        tensor.set_data_from_numpy(np.array(values, KINDS[datatype]), binary_data=binary)
        made.append(tensor)
    return made


def texts(output: Any) -> list:
    return [v.decode() if isinstance(v, bytes) else v for v in output.as_numpy()]


async def main(session: dict) -> dict:
    model = session["model"]
    answers = {}
    refused = []
    async with InferenceGRPCClient(session["grpc"]) as client:
        assert await client.is_server_live()
        assert await client.is_server_ready()
        assert await client.is_model_ready(model)
        for binary in (False, True):
            request = InferRequest(model, inputs(session["columns"], binary))
            found = await client.infer(request)
            assert found.model_name == model
            named = {output.name: output for output in found.outputs}
            answers["raw" if binary else "contents"] = {
                "label": texts(named["label"]),
                "probability": [float(p) for p in named["probability"].as_numpy()],
            }
        broken = {name: column for name, column in session["columns"].items() if name != "plan"}
        try:
            await client.infer(InferRequest(model, inputs(broken, True)))
        except grpc.RpcError as error:
            refused.append(error.details())
    return {"answers": answers, "refused": refused}


print(json.dumps(asyncio.run(main(json.load(sys.stdin)))))
