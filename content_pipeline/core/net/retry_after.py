"""Parses the Retry-After header."""

import httpx


def retry_after(response: httpx.Response) -> float | None:
    """The delay of a Retry-After header in seconds; None for an HTTP date or without the header."""
    header = response.headers.get("retry-after", "")
    return float(header) if header.isdecimal() else None
