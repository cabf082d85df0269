"""TensorFlow, quiet and deterministic."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Send what native code prints to nowhere: libraries and converters write to both streams."""
    sys.stdout.flush()
    sys.stderr.flush()
    kept = os.dup(1), os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        for target, original in zip((1, 2), kept, strict=True):
            os.dup2(original, target)
            os.close(original)
        os.close(nowhere)


# TensorFlow reads it when it is loaded.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
with quiet():
    import keras
    import tensorflow as tf

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["deterministic", "frozen", "keras", "quiet", "tf"]


def deterministic(seed: int) -> None:
    """Make everything that follows a function of the seed, on one kind of CPU."""
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()


def frozen(model: keras.Model) -> Any:
    """The model as a concrete function whose weights are constants: what converters need.

    With variables, TFLite answers NaN, and the constants of some layers turn into further
    inputs of an ONNX graph, both without a word.
    """
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    width = int(model.inputs[0].shape[1])

    @tf.function(input_signature=[tf.TensorSpec((None, width), tf.float32, name="inputs")])  # type: ignore[untyped-decorator]
    def serve(inputs: NDArray[Any]) -> Any:
        return tf.identity(model(inputs, training=False), name="outputs")

    return convert_variables_to_constants_v2(serve.get_concrete_function())
