"""ONNX Runtime session options of the text-to-speech models: single-threaded, only errors are logged."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onnxruntime import SessionOptions


def session_options() -> "SessionOptions":
    # The API imports the voices' modules too, and never needs the engine.
    from onnxruntime import SessionOptions

    options = SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return options
