"""What platforms answer, taken as it comes: they are not always the ones who answer."""

from typing import Any

import httpx


def json_object(response: httpx.Response) -> dict[str, Any]:
    """The JSON object of an answer; empty for anything else, as when a proxy answered in HTML."""
    try:
        found = response.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
