"""JSON of responses that may not come from the platform: proxies and firewalls answer in its place."""

from typing import Any

import httpx


def json_object(response: httpx.Response) -> dict[str, Any]:
    """The JSON object in a response; {} for anything else, such as a proxy's HTML."""
    try:
        found = response.json()
    except (ValueError, RecursionError):  # a thousand brackets
        return {}
    return found if isinstance(found, dict) else {}
