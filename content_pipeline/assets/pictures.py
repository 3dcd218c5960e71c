"""Pictures for Dagster's pages."""

import base64


def picture(jpeg: bytes) -> str:
    """A JPEG as Markdown."""
    return f"![thumbnail](data:image/jpeg;base64,{base64.b64encode(jpeg).decode()})"
