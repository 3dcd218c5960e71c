"""When somebody else's server wants to be asked again."""

import httpx


def retry_after(response: httpx.Response) -> float | None:
    """The seconds of a Retry-After header; None for a date, and where there is none."""
    header = response.headers.get("retry-after", "")
    return float(header) if header.isdecimal() else None
