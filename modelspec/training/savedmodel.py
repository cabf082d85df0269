"""TensorFlow's SavedModel: what TensorFlow Serving and `tf.saved_model.load` read."""

from __future__ import annotations

import re
from pathlib import Path

from modelspec.training.graph import Served
from modelspec.training.runtime import tf
from modelspec.training.tolerance import Answer, Floats

SIGNATURE = "serving_default"
FILE = "saved_model.pb"
_FUNCTION = re.compile(r'"(__inference_\w+)_(\d+)"')


def write(served: Served, folder: Path) -> None:
    """Write `saved_model.pb` and `variables/` into the folder, the same bytes each time."""
    options = tf.saved_model.SaveOptions(save_debug_info=False)
    tf.saved_model.save(served, str(folder), {SIGNATURE: served.serve}, options)
    # Holds a random number; nothing needs it.
    (folder / "fingerprint.pb").unlink(missing_ok=True)
    for empty in ("assets", "variables"):
        if not any((folder / empty).iterdir()):
            (folder / empty).rmdir()
    (folder / FILE).write_bytes(renumbered((folder / FILE).read_bytes()))


def renumbered(content: bytes) -> bytes:
    """The same `saved_model.pb`, with numbers of its own in the names of its functions.

    TensorFlow numbers them by a counter of the process, so the bytes would tell what else the
    process did before: a run that continues after a kill must come to the same.
    """
    from google.protobuf import text_format
    from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

    model = SavedModel.FromString(content)
    for function in model.meta_graphs[0].graph_def.library.function:
        for argument in function.arg_attr.values():
            # The counter again, as the name of a captured variable; only messages show it.
            argument.attr.pop("_user_specified_name", None)
    text = text_format.MessageToString(model)
    numbers: dict[str, list[int]] = {}
    for stem, number in sorted({(m[1], int(m[2])) for m in _FUNCTION.finditer(text)}):
        numbers.setdefault(stem, []).append(number)
    text = _FUNCTION.sub(lambda m: f'"{m[1]}_{numbers[m[1]].index(int(m[2]))}"', text)
    result = text_format.Parse(text, SavedModel())
    result.meta_graphs[0].graph_def.library.function.sort(key=lambda f: f.signature.name)
    encoded: bytes = result.SerializeToString(deterministic=True)
    return encoded


def load(folder: Path) -> Answer:
    """The signature, as TensorFlow runs it."""
    loaded = tf.saved_model.load(str(folder))

    def answer(rows: Floats) -> Floats:
        # By its owner each time: a signature alone does not keep its variables alive.
        run = loaded.signatures[SIGNATURE]
        result: Floats = run(inputs=tf.constant(rows))["outputs"].numpy()
        return result

    return answer
