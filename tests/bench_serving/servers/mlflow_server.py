"""MLflow: a model of its own making, served by its scoring server with one worker."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import mlflow
from network import Network


class Served(mlflow.pyfunc.PythonModel):
    def load_context(self, context):
        self.network = Network()

    def predict(self, context, model_input, params=None):
        return self.network.predictions(model_input)


if __name__ == "__main__":
    folder = Path(tempfile.mkdtemp()) / "model"
    here = Path(__file__).parent
    mlflow.pyfunc.save_model(
        folder, python_model=Served(), code_paths=[here / "network.py"], pip_requirements=[]
    )
    command = [sys.executable, "-m", "mlflow", "models", "serve", "-m", str(folder), "-w", "1"]
    command += ["--env-manager", "local", "-h", "127.0.0.1", "-p", os.environ["BENCH_PORT"]]
    os.execv(command[0], command)  # noqa: S606 - no shell is wanted
