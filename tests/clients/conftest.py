"""Images of every runtime, each with the same model, running as they would in a cluster."""

from __future__ import annotations

import random
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from modelspec.adapters import base as bases
from modelspec.adapters import container, image
from modelspec.adapters.engine import NoEngine, connect
from modelspec.serving.preprocess import Preprocessor
from tests.adapters.images.parts import BASE, COMMIT, missing
from tests.serving.calls import GrpcServer
from tests.serving.folders import Folder, churn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from modelspec.adapters.engine import Engine
    from modelspec.adapters.running import Running

ROWS = 1000


def litert(folder: Folder, rows: list[list[Any]]) -> NDArray[np.float32]:
    """What a TFLite file answers in this process, all rows at once."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(folder.path / "model.tflite"), num_threads=1)
    encoded = Preprocessor(folder.features).rows(rows)
    index = interpreter.get_input_details()[0]["index"]
    interpreter.resize_tensor_input(index, encoded.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(index, encoded)
    interpreter.invoke()
    answer: NDArray[np.float32] = interpreter.get_tensor(
        interpreter.get_output_details()[0]["index"]
    )
    return answer[:, 0]


def onnx_runtime(folder: Folder, rows: list[list[Any]]) -> NDArray[np.float32]:
    """The same of an ONNX file."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(folder.path / "model.onnx"))
    encoded = Preprocessor(folder.features).rows(rows)
    answer: NDArray[np.float32] = session.run(["outputs"], {"inputs": encoded})[0]
    return answer[:, 0]


RUNTIMES = {"tflite": litert, "onnx": onnx_runtime}
"""By runtime: what a model file answers in this process."""


@dataclass(frozen=True)
class Served:
    """A running image and what is in it."""

    engine: Engine
    image: str
    running: Running
    folder: Folder
    in_process: Callable[[Folder, list[list[Any]]], NDArray[np.float32]]


@pytest.fixture(scope="session", params=RUNTIMES)
def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """The image of a runtime in a container."""
    runtime = request.param
    folder = churn(tmp_path_factory.mktemp(runtime), runtime=runtime)
    built = tmp_path_factory.mktemp("image")
    with ExitStack() as stack:
        try:
            engine = connect()
        except NoEngine as error:
            missing(str(error))
        stack.callback(engine.close)
        held = _load(engine, runtime, folder.path, built)
        stack.callback(engine.client.images.remove, held, force=True)
        running = stack.enter_context(container.run(engine, held))
        yield Served(engine, held, running, folder, RUNTIMES[runtime])


def _load(engine: Any, runtime: str, folder: Path, built: Path) -> str:
    base = bases.from_engine(BASE, engine)
    if base is None:
        missing(f"the base image {BASE}")
    model = {path.name: path.read_bytes() for path in folder.iterdir()}
    about = image.labels(base, name="churn", version="1.4", commit=COMMIT, committed=0, model=model)
    made = image.build(built, base, runtime, model, about, 0)
    return container.load(engine, built, made.tag("churn"), built)


class Contained(GrpcServer):
    """The client's side of a server that runs in a container."""

    def __init__(self, running: Running) -> None:
        self.port, self.grpc_port = running.port, running.grpc_port
        self.channel = self.connect_grpc()


@pytest.fixture(scope="session")
def server(served: Served) -> Iterator[Contained]:
    """What tests of a server as a process ask, too."""
    made = Contained(served.running)
    yield made
    made.channel.close()


@pytest.fixture(scope="session")
def rows() -> list[list[Any]]:
    """Rows as they come: values seen before and others, whole numbers and others."""
    chance = random.Random(11)
    return [
        [
            chance.choice(["free", "pro", "team", "trial", "ä"]),
            chance.choice([chance.uniform(0, 80), float(chance.randrange(80)), 1e-300]),
            chance.choice(["north", "south", "west"]),
            chance.choice([chance.uniform(20, 90), float(chance.randrange(20, 90))]),
            chance.choice(["web", "phone", ""]),
        ]
        for _ in range(ROWS)
    ]
