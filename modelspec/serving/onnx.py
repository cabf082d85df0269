"""Networks run by ONNX Runtime, on the CPU and in the calling thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .bundle import BundleError, shapes

if TYPE_CHECKING:
    from .predictor import Run
    from .preprocess import Floats

_FLOATS = "tensor(float)"
_ERRORS_ONLY = 3


def load(model: bytes, width: int, units: int) -> Run:
    """What runs an ONNX file; see `predictor.Load`."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    # Memory would be kept for the largest request there ever was; blocks are small.
    options.enable_cpu_mem_arena = False
    options.log_severity_level = _ERRORS_ONLY
    try:
        session = onnxruntime.InferenceSession(model, options, ["CPUExecutionProvider"])
    except Exception:  # noqa: BLE001 - it has a class of its own for each reason
        raise BundleError("the model file is not an ONNX file") from None
    tensors = [*session.get_inputs(), *session.get_outputs()]
    found = [(tensor.type, tensor.shape[1:]) for tensor in tensors]
    if found != [(_FLOATS, [width]), (_FLOATS, [units])]:
        raise BundleError(shapes(width, units))
    source, target = (tensor.name for tensor in tensors)

    def run(encoded: Floats) -> Floats:
        answer: Floats = session.run([target], {source: encoded})[0]
        return answer

    return run
