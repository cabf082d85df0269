"""Who is compared: how each is installed in an environment of its own, started and asked.

Each has the configuration that its documentation gives for speed: one process or worker, logs of
requests off, the network by LiteRT with one thread.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench_serving import subject
from tests.bench_serving.subject import Question
from tests.serving.processes import ROOT

CACHE = ROOT / ".cache" / "bench-serving"
SERVERS = Path(__file__).parent / "servers"
_OURS = ["-r", str(ROOT / "modelspec" / "serving" / "requirements-tflite.txt")]
_LITERT = ["ai-edge-litert==2.3.0", "backports-strenum<1.3"]  # what later ones need is not 3.11


@dataclass(frozen=True)
class Contender:
    """A server.

    Attributes:
        environment: name of the folder that it is installed in.
        packages: what pip installs there.
        command: after the environment's Python; `{port}` stands for the port.
        question: what it is asked.
        first: what it is asked to find out whether it is ready, if that is something else.
        variables: of its environment.
    """

    name: str
    environment: str
    packages: list[str]
    command: list[str]
    question: Question
    first: Question | None = None
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """Its environment."""
        return CACHE / self.environment

    def install(self) -> None:
        """Makes its environment, unless there is one of these very packages."""
        stamp = self.folder / "made-of"
        if stamp.exists() and stamp.read_text() == str(self.packages):
            return
        subprocess.run([sys.executable, "-m", "venv", "--clear", self.folder], check=True)
        pip = [str(self.folder / "bin" / "pip"), "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "install", "--prefer-binary", *self.packages], check=True)
        stamp.write_text(str(self.packages))

    def megabytes(self) -> float:
        """What it has installed."""
        packages = self.folder / "lib"
        return sum(p.stat().st_size for p in packages.rglob("*") if p.is_file()) / 1e6


CONSTANT = "constant answer"
_V1 = f"/v1/models/{subject.NAME}:predict"


def ours() -> list[Contender]:
    """The constant answer, and our server by each of its protocols."""
    first = subject.instances(_V1)
    asked = {
        "modelspec, REST v1": first,
        "modelspec, REST v2": subject.tensor(),
        "modelspec, REST v2 binary": subject.binary(),
        "modelspec, gRPC": subject.call(),
    }
    server = ["-m", "modelspec.serving"]
    return [
        Contender(CONSTANT, "modelspec", _OURS, [str(SERVERS / "constant.py")], first),
        *(
            Contender(name, "modelspec", _OURS, server, question, first)
            for name, question in asked.items()
        ),
    ]


def others() -> list[Contender]:
    """The servers of others."""
    python = {
        "KServe": ("kserve==0.21.0", subject.instances(_V1)),
        "MLServer": ("mlserver==1.7.1", subject.tensor()),
        "LitServe": ("litserve==0.2.19", subject.instances("/predict")),
        "MLflow": ("mlflow==3.17.2", subject.instances("/invocations")),
        "Ray Serve": ("ray[serve]==2.60.0", subject.instances("/")),
    }
    variables = {
        "RAY_AUTH_MODE": "disabled",
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_SERVE_THROUGHPUT_OPTIMIZED": "1",
        "BENTOML_DO_NOT_TRACK": "1",
        "UVICORN_ACCESS_LOG": "false",
    }
    found = []
    for name, (package, question) in python.items():
        short = name.split()[0].lower()
        program = [str(SERVERS / f"{short}_server.py")]
        packages = [package, *_LITERT]
        found.append(
            Contender(name, short, packages, program, question, variables=variables),
        )
    bento = ["-m", "bentoml", "serve", "bentoml_server:Served", "--host", "127.0.0.1"]
    packages = ["bentoml==1.4.40", *_LITERT]
    asked = subject.instances("/predict")
    found.append(
        Contender(
            "BentoML", "bentoml", packages, [*bento, "--port", "{port}"], asked, variables=variables
        )
    )
    return found


def environment(contender: Contender, model: Path, port: int, other: int) -> dict[str, str]:
    """The variables that a contender is started with."""
    return {
        "PATH": f"{contender.folder}/bin:{os.environ['PATH']}",
        "HOME": os.environ.get("HOME", "/tmp"),
        "PYTHONPATH": f"{SERVERS}:{ROOT}",
        "BENCH_MODEL": str(model),
        "BENCH_PORT": str(port),
        "BENCH_GRPC_PORT": str(other),
        "MODELSPEC_MODEL_DIR": str(model),
        "MODELSPEC_HOST": "127.0.0.1",
        "MODELSPEC_PORT": str(port),
        "MODELSPEC_GRPC_PORT": str(other),
        **contender.variables,
    }
