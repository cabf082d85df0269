"""TensorFlow's SavedModel: what TensorFlow Serving and `tf.saved_model.load` read."""

from __future__ import annotations

from pathlib import Path

from modelspec.training.graph import Served
from modelspec.training.runtime import tf
from modelspec.training.tolerance import Answer, Floats

SIGNATURE = "serving_default"


def write(served: Served, folder: Path) -> None:
    """Write `saved_model.pb` and `variables/` into the folder, the same bytes each time."""
    options = tf.saved_model.SaveOptions(save_debug_info=False)
    tf.saved_model.save(served, str(folder), {SIGNATURE: served.serve}, options)
    # Holds a random number; nothing needs it.
    (folder / "fingerprint.pb").unlink(missing_ok=True)
    for empty in ("assets", "variables"):
        if not any((folder / empty).iterdir()):
            (folder / empty).rmdir()


def load(folder: Path) -> Answer:
    """The signature, as TensorFlow runs it."""
    loaded = tf.saved_model.load(str(folder))

    def answer(rows: Floats) -> Floats:
        # By its owner each time: a signature alone does not keep its variables alive.
        run = loaded.signatures[SIGNATURE]
        result: Floats = run(inputs=tf.constant(rows))["outputs"].numpy()
        return result

    return answer
