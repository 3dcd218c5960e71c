"""Edits of ONNX graphs in their protobuf encoding: added outputs, inputs and nodes.

Concatenated protobuf messages merge, so what is added is appended to the model's bytes.
"""

from collections.abc import Sequence

# Field numbers of onnx.proto.
_MODEL_GRAPH = 7
_NODE, _INITIALIZER, _INPUT, _OUTPUT = 1, 5, 11, 12
_NODE_INPUT, _NODE_OUTPUT, _NODE_OPERATOR = 1, 2, 4
_TENSOR_INTEGERS, _TENSOR_NAME = 7, 8
# TypeProto of a tensor of floats, in a ValueInfoProto.
_FLOATS = b"\x12\x04\x0a\x02\x08\x01"


def add_output(model: bytes, tensor: bytes) -> bytes:
    """The model with a tensor of its graph as a further output."""
    return _extend(model, _OUTPUT, _field(1, tensor))


def add_input(model: bytes, name: bytes) -> bytes:
    """The model with a further input, floats of any shape."""
    return _extend(model, _INPUT, _field(1, name) + _FLOATS)


def add_zeros(model: bytes, name: bytes, count: int) -> bytes:
    """The model with a constant vector of integers, all 0."""
    content = bytes([1 << 3, count, 2 << 3, 7]) + _field(_TENSOR_INTEGERS, bytes(count)) + _field(_TENSOR_NAME, name)
    return _extend(model, _INITIALIZER, content)


def add_node(model: bytes, operator: bytes, inputs: Sequence[bytes], output: bytes) -> bytes:
    """The model with a further node."""
    read = b"".join(_field(_NODE_INPUT, name) for name in inputs)
    return _extend(model, _NODE, read + _field(_NODE_OUTPUT, output) + _field(_NODE_OPERATOR, operator))


def detach_output(model: bytes, tensor: bytes) -> bytes:
    """The model with the tensor no longer made by its node, so that an added input or node may give it."""
    made = _field(_NODE_OUTPUT, tensor)
    assert model.count(made) == 1
    return model.replace(made, _field(_NODE_OUTPUT, b"_" * len(tensor)))


def _extend(model: bytes, number: int, content: bytes) -> bytes:
    return model + _field(_MODEL_GRAPH, _field(number, content))


def _field(number: int, content: bytes) -> bytes:
    """Encode a length-delimited protobuf field of up to 127 bytes."""
    assert len(content) < 128
    return bytes([number << 3 | 2, len(content)]) + content
