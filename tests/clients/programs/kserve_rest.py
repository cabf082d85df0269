"""The `kserve` client over REST, version 1 and 2: a session on standard input, answers out."""

import asyncio
import json
import sys
from typing import Any

import numpy as np
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig

KINDS = {"FP64": np.float64, "BYTES": np.object_}


def inputs(columns: dict, binary: bool) -> list:
    made = []
    for name, (datatype, values) in columns.items():
        tensor = InferInput(name, [len(values)], datatype)
        array = np.array(values, KINDS[datatype])
        tensor.set_data_from_numpy(array, binary_data=binary)
        made.append(tensor)
    return made


def texts(output: Any) -> list:
    return [v.decode() if isinstance(v, bytes) else v for v in output.as_numpy()]


async def main(session: dict) -> dict:
    base, model = session["http"], session["model"]
    answers = {}
    async with InferenceRESTClient(RESTConfig(protocol="v1", retries=0)) as first:
        assert await first.is_server_live(base)
        assert await first.is_model_ready(base, model)
        found = await first.infer(base, {"instances": session["rows"]}, model_name=model)
        answers["v1"] = {
            "label": [row["label"] for row in found["predictions"]],
            "probability": [row["probability"] for row in found["predictions"]],
        }
        refused = []
        try:
            await first.infer(base, {"instances": []}, model_name=model)
        except Exception as error:  # noqa: BLE001
            refused.append(str(error))
    async with InferenceRESTClient(RESTConfig(protocol="v2", retries=0)) as second:
        assert await second.is_server_live(base)
        assert await second.is_server_ready(base)
        assert await second.is_model_ready(base, model)
        for binary in (False, True):
            request = InferRequest(
                model,
                inputs(session["columns"], binary),
                request_id="r1",
                parameters={"binary_data_output": binary},
            )
            found = await second.infer(base, request, model_name=model)
            assert (found.model_name, found.id) == (model, "r1")
            named = {output.name: output for output in found.outputs}
            answers[f"v2 {'binary' if binary else 'json'}"] = {
                "label": texts(named["label"]),
                "probability": [float(p) for p in named["probability"].as_numpy()],
            }
        broken = {name: column for name, column in session["columns"].items() if name != "plan"}
        try:
            await second.infer(base, InferRequest(model, inputs(broken, True)), model_name=model)
        except Exception as error:  # noqa: BLE001
            refused.append(str(error))
    return {"answers": answers, "refused": refused}


print(json.dumps(asyncio.run(main(json.load(sys.stdin)))))
