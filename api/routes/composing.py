"""Texts for a twin's posts, and scripts for its videos."""

from collections.abc import Generator, Iterator
from contextlib import closing
from itertools import chain
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Header
from fastapi.sse import EventSourceResponse

from api import events
from api.deps import CallerDep
from api.schemas.composing import ComposeRequest, PostTextView, ScriptRequest, ScriptView
from api.schemas.problems import problems
from content_pipeline.core.database import autocommit
from content_pipeline.core.errors import Error
from content_pipeline.core.twins import composing, twins
from content_pipeline.core.writing import scripts

router = APIRouter(prefix="/twins", tags=["twins"])

_AS_EVENTS: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The script; or, where the client accepts `text/event-stream`, events: `delta` with `text` for "
        "each piece, then `done` with the whole, or `error` with `code`, `message`, `remedy` and `retryable`.",
        "content": {events.MEDIA_TYPE: {"schema": {"type": "string"}}},
    }
}


@router.post("/{twin_id}/compose", responses=problems(404, 502))
def compose_post(twin_id: UUID, asked: ComposeRequest, caller: CallerDep) -> PostTextView:
    """Show what would be posted for a script: the text and hashtags, within the platform's rules."""
    with autocommit() as session:
        twin = twins.get(session, caller.workspace_id, twin_id)
        brief = composing.brief(session, twin, script=asked.script, platform=asked.platform, title=asked.title)
    return PostTextView.of(asked.platform, composing.compose(brief))


@router.post("/{twin_id}/script", response_model=ScriptView, responses={**_AS_EVENTS, **problems(404, 502, 503)})
def write_script(
    twin_id: UUID, asked: ScriptRequest, caller: CallerDep, accept: Annotated[str, Header(include_in_schema=False)] = ""
) -> ScriptView | EventSourceResponse:
    """Write a script about a topic in the twin's voice, as long as the seconds ask for."""
    with autocommit() as session:
        twin = twins.get(session, caller.workspace_id, twin_id)
        persona = composing.persona(session, twin, topic=asked.topic)
    pieces = scripts.write(persona, topic=asked.topic, platform=asked.platform, seconds=asked.seconds)
    if not events.wanted(accept):
        return ScriptView.of("".join(pieces))
    # The first piece is awaited here: until then an error still has its own status.
    return EventSourceResponse(_events(next(pieces), pieces), headers=events.HEADERS)


def _events(first: str, pieces: Generator[str]) -> Iterator[bytes]:
    said = ""
    with closing(pieces):
        try:
            for piece in chain([first], pieces):
                said += piece
                yield events.event("delta", {"text": piece})
        except Error as error:
            yield events.event("error", error.to_dict())
        else:
            yield events.event("done", ScriptView.of(said).model_dump())
