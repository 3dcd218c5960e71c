"""Server-sent events: encoding, headers, and content negotiation."""

import json
from typing import Any, Final

from fastapi.sse import format_sse_event

MEDIA_TYPE: Final = "text/event-stream"
# Keeps proxies from buffering the stream, and clients from caching it.
HEADERS: Final = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}


def encode(name: str, data: dict[str, Any]) -> bytes:
    """Encode one event; `data` becomes JSON."""
    return format_sse_event(event=name, data_str=json.dumps(data, ensure_ascii=False))


def accepts_events(accept: str) -> bool:
    """Whether an Accept header lists `text/event-stream`."""
    return any(part.partition(";")[0].strip().lower() == MEDIA_TYPE for part in accept.split(","))
