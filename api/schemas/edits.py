"""PATCH bodies: what is left out stays."""

from typing import Any


def left_out() -> Any:
    """`default_factory` of a field that may be left out but not be null: pydantic checks no defaults."""
    return None
