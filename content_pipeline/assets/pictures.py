"""Images in asset metadata of Dagster's UI."""

import base64


def picture(jpeg: bytes) -> str:
    """A JPEG as Markdown with a data URL."""
    return f"![thumbnail](data:image/jpeg;base64,{base64.b64encode(jpeg).decode()})"
