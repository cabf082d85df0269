"""Networks run by TensorFlow, for those that neither of the small runtimes can take.

A SavedModel is a folder; in the image it is one zip archive, so that one digest covers it. It is
unpacked into TensorFlow's own memory: what was checked is what is loaded, and no disk is written.
"""

from __future__ import annotations

import io
import os
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np

from .bundle import BundleError, shapes

if TYPE_CHECKING:
    from .predictor import Run
    from .preprocess import Floats

_PLACE = "ram://model"
_SIGNATURE = "serving_default"
_INPUT, _OUTPUT = "inputs", "outputs"
# Eigen multiplies as many rows at a time. What is left over it adds up in another order, so a
# row's last bits would depend on how many came with it: there is never anything left over.
_TOGETHER = 8
_SETTINGS = {
    "CUDA_VISIBLE_DEVICES": "",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    # Its kernels for a large network are others for many rows than for few, and each new number
    # of rows costs a millisecond.
    "TF_ENABLE_ONEDNN_OPTS": "0",
}


def load(model: bytes, width: int, units: int) -> Run:
    """What runs an archive of a SavedModel; see `predictor.Load`."""
    os.environ.update(_SETTINGS)
    import tensorflow as tf

    try:
        _unpack(model, tf.io.gfile)
        loaded = tf.saved_model.load(_PLACE)
        call = loaded.signatures[_SIGNATURE]
    except (zipfile.BadZipFile, tf.errors.OpError, OSError, KeyError, ValueError):
        raise BundleError("the model file is not a SavedModel") from None
    finally:
        if tf.io.gfile.exists(_PLACE):
            tf.io.gfile.rmtree(_PLACE)
    _, named = call.structured_input_signature
    found = [named.get(_INPUT), call.structured_outputs.get(_OUTPUT)]
    if len(named) != 1 or found != [
        tf.TensorSpec((None, columns), tf.float32, tensor.name if tensor is not None else None)
        for columns, tensor in zip((width, units), found, strict=True)
    ]:
        raise BundleError(shapes(width, units))

    def run(encoded: Floats) -> Floats:
        # By its owner each time: a signature alone does not keep its variables alive.
        rows = len(encoded)
        missing = -rows % _TOGETHER
        if missing:
            encoded = np.concatenate((encoded, np.zeros((missing, width), np.float32)))
        call = loaded.signatures[_SIGNATURE]
        answer: Floats = call(inputs=tf.constant(encoded))[_OUTPUT].numpy()[:rows]
        return answer

    return run


def _unpack(model: bytes, files: Any) -> None:
    """Write what an archive holds to _PLACE."""
    with zipfile.ZipFile(io.BytesIO(model)) as archive:
        for name in archive.namelist():
            path = f"{_PLACE}/{name}"
            files.makedirs(path.rpartition("/")[0])
            with files.GFile(path, "wb") as file:
                file.write(archive.read(name))
