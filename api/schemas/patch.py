"""PATCH bodies: fields that may be omitted, but not null."""

from typing import Any


def unset() -> Any:
    """`default_factory` of such a field. Pydantic does not validate defaults, and the field's type excludes None."""
    return None
