"""Server-sent events: encoding, headers, content negotiation, and the stream of a feed."""

import json
import time
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Annotated, Any, Final, Protocol, Self, TypeVar

from fastapi import Header, Request, Response
from fastapi.sse import KEEPALIVE_COMMENT, EventSourceResponse, format_sse_event
from pydantic import BaseModel

from api.deps import caller_of
from api.schemas.problems import problems
from api.schemas.tasks import Status
from api.streaming.feeds import Feed, Snapshot

MEDIA_TYPE: Final = "text/event-stream"
# Keeps proxies from buffering the stream, and clients from caching it.
HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
HEARTBEAT_SECONDS: Final = 15.0
MAX_STREAM_SECONDS: Final = 3600.0

LastEventId = Annotated[
    str | None, Header(description="`id` of the last event that was received; that state is not sent again.")
]


def content(*events: dict[str, Any]) -> dict[str, Any]:
    """The `content` of a response that streams events of these schemas (`event_schema`).

    `itemSchema` is OpenAPI 3.2's schema of one event, which FastAPI uses too: the whole stream has no schema.
    """
    return {MEDIA_TYPE: {"itemSchema": {"oneOf": list(events)}}}


def event_schema(*names: str, data: dict[str, Any], has_id: bool = False) -> dict[str, Any]:
    """The schema of events with one of these names, whose `data` is JSON of the schema `data`."""
    properties: dict[str, Any] = {
        "event": {"enum": list(names)},
        "data": {"type": "string", "contentMediaType": "application/json", "contentSchema": data},
    }
    if has_id:
        properties["id"] = {"type": "string"}
    return {"type": "object", "properties": properties, "required": list(properties)}


def described(view: type[BaseModel], data: str) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of a route that streams a row with `follow`, each of whose events is a `view`."""
    reference = {"$ref": f"#/components/schemas/{view.__name__}"}
    stream = {
        "description": "Events `progress`, and at last `done` or `error`, each with an `id`. A comment is sent every "
        f"{HEARTBEAT_SECONDS:.0f} s. Without a last event the stream was cut: connect again. {data}",
        "content": content(event_schema("progress", "done", "error", data=reference, has_id=True)),
    }
    return {200: stream, 204: {"description": "`Last-Event-ID` is that of the final event"}, **problems(404)}


class Followed(Snapshot, Protocol):
    """A snapshot that can be streamed."""

    @property
    def status(self) -> Status: ...

    def changes_since(self, before: Self | None) -> str:
        """JSON of what has changed since `before`; of everything, if it is None."""


State = TypeVar("State", bound=Followed)


def encode(name: str, data: dict[str, Any]) -> bytes:
    """Encode one event; `data` becomes JSON."""
    return format_sse_event(event=name, data_str=json.dumps(data, ensure_ascii=False))


def accepts_events(accept: str) -> bool:
    """Whether an Accept header lists `text/event-stream`."""
    return any(part.partition(";")[0].strip().lower() == MEDIA_TYPE for part in accept.split(","))


def follow(request: Request, feed: Feed[State], key: str, first: State, last_event_id: str | None) -> Response:
    """The response that streams a row from its `first` snapshot to its final one.

    A client that has the final state already gets 204, which tells an EventSource not to connect again. The stream is
    cut when the caller's key is revoked or changed, or expires: the client connects again, and the key is checked.
    """
    if is_final(first) and first.version == last_event_id:
        return Response(status_code=HTTPStatus.NO_CONTENT)
    return EventSourceResponse(_stream(request, feed, key, first, last_event_id), headers=HEADERS)


async def _stream(
    request: Request, feed: Feed[State], key: str, newest: State, last_event_id: str | None
) -> AsyncIterator[bytes]:
    end = time.monotonic() + MAX_STREAM_SECONDS
    caller, callers = caller_of(request), request.app.state.callers
    if newest.version != last_event_id:
        yield _event(newest, None)
    with feed.subscribe(key) as subscription, callers.watching(caller.api_key_id, subscription.close):
        if callers.version != request.state.callers_version:  # keys have changed since this one was checked
            subscription.close()
        while not (is_final(newest) or subscription.is_closed or caller.is_expired or time.monotonic() > end):
            before, found = newest, await subscription.next(newest.version, HEARTBEAT_SECONDS)
            newest = found or before
            yield _event(found, before) if found else KEEPALIVE_COMMENT


def is_final(snapshot: Followed) -> bool:
    return snapshot.status in ("done", "error")


def _event(snapshot: State, before: State | None) -> bytes:
    name = snapshot.status if is_final(snapshot) else "progress"
    return format_sse_event(event=name, data_str=snapshot.changes_since(before), id=snapshot.version)
