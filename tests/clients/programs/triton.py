"""`tritonclient` over HTTP or gRPC: a session on standard input, answers out."""

import importlib
import json
import sys

import numpy as np
from tritonclient.utils import InferenceServerException

KINDS = {"FP64": np.float64, "BYTES": np.object_}


def main(session: dict, protocol: str) -> dict:
    library = importlib.import_module(f"tritonclient.{protocol}")
    address = session["http"].removeprefix("http://") if protocol == "http" else session["grpc"]
    model, version = session["model"], session["version"]
    client = library.InferenceServerClient(address)
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready(model)
    assert client.is_model_ready(model, version)
    about = client.get_server_metadata()
    assert (about["name"] if protocol == "http" else about.name) == "modelspec"
    shown = client.get_model_metadata(model)
    shown = shown["inputs"] if protocol == "http" else [{"name": t.name} for t in shown.inputs]
    assert [tensor["name"] for tensor in shown] == list(session["columns"])

    def infer(columns: dict, **options: bool) -> dict:
        made = []
        for name, (datatype, values) in columns.items():
            tensor = library.InferInput(name, [len(values)], datatype)
            tensor.set_data_from_numpy(np.array(values, KINDS[datatype]), **options)
            made.append(tensor)
        wanted = [
            library.InferRequestedOutput(name, **options) for name in ("label", "probability")
        ]
        found = client.infer(model, made, outputs=wanted, request_id="r1", model_version=version)
        return {
            "label": [text.decode() for text in found.as_numpy("label")]
            if options.get("binary_data", True)
            else list(found.as_numpy("label")),
            "probability": [float(p) for p in found.as_numpy("probability")],
        }

    if protocol == "http":
        answers = {
            name: infer(session["columns"], binary_data=binary)
            for name, binary in (("json", False), ("binary", True))
        }
    else:
        answers = {"raw": infer(session["columns"])}
    refused = []
    broken = {name: column for name, column in session["columns"].items() if name != "plan"}
    try:
        infer(broken)
    except InferenceServerException as error:
        refused.append(error.message())
    client.close()
    return {"answers": answers, "refused": refused}


print(json.dumps(main(json.load(sys.stdin), sys.argv[1])))
