"""Server-sent events."""

import json
from typing import Any, Final

from fastapi.sse import format_sse_event

MEDIA_TYPE: Final = "text/event-stream"
# Proxies hold answers back until they have enough of them, and pages may be kept: neither is meant for events.
HEADERS: Final = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}


def event(name: str, data: dict[str, Any]) -> bytes:
    """One event as it goes over the wire, its data as JSON."""
    return format_sse_event(event=name, data_str=json.dumps(data, ensure_ascii=False))


def wanted(accept: str) -> bool:
    """Whether an Accept header asks for events."""
    return any(part.partition(";")[0].strip().lower() == MEDIA_TYPE for part in accept.split(","))
