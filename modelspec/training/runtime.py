"""TensorFlow and Keras, quiet and deterministic: everything in this room takes them from here.

Importing this module takes seconds. It fixes what would otherwise differ between machines of
one CPU class: the kernels in use, the device, the precision, and Keras' own configuration file.
"""

from __future__ import annotations

import logging
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

_SETTINGS = {
    "KERAS_BACKEND": "tensorflow",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    # On by default on some CPUs only, and another order of additions: so it is always on.
    "TF_ENABLE_ONEDNN_OPTS": "1",
}


@contextmanager
def quiet_stderr() -> Iterator[None]:
    """Hold back what C++ code writes to the terminal; show it if the body fails.

    Not if it is interrupted: then nothing is wrong that it could explain.

    TensorFlow logs a few lines before its own settings of verbosity are read, LiteRT has none.
    """
    try:
        terminal = os.dup(2)
    except OSError:
        yield
        return
    with tempfile.TemporaryFile() as held:
        sys.stderr.flush()
        os.dup2(held.fileno(), 2)
        try:
            yield
        except Exception:
            held.seek(0)
            os.write(terminal, held.read())
            raise
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)


os.environ.update(_SETTINGS)
with quiet_stderr():
    import keras
    import tensorflow as tf

for _name in ("tensorflow", "tf2onnx", "absl"):
    logging.getLogger(_name).setLevel(logging.ERROR)
keras.config.set_floatx("float32")
keras.config.set_dtype_policy("float32")
tf.config.set_visible_devices([], "GPU")
tf.config.experimental.enable_op_determinism()

__all__ = ["keras", "quiet_stderr", "tf"]
