"""Composes post texts and writes video scripts for a twin."""

from collections.abc import Generator
from contextlib import closing
from itertools import chain
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Request
from fastapi.sse import EventSourceResponse

from api.deps import CallerDep
from api.json_routes import JsonRoute
from api.limits.concurrency.bulkhead import in_bulkhead, iterate
from api.limits.vector_search_limit import count_comparisons
from api.schemas.composing import ComposeRequest, PostTextView, ScriptRequest, ScriptView
from api.schemas.problems import problems
from api.streaming import events
from content_pipeline.core.errors import Error
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.twins import composing, memory, track_record_query, twins
from content_pipeline.core.writing import scripts
from content_pipeline.core.writing.track_record import TrackRecord

router = APIRouter(prefix="/twins", tags=["twins"], route_class=JsonRoute)

_AS_EVENTS: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The script; or, if the client accepts `text/event-stream`, events: `delta` with the next "
        "`text`, then `done` with the whole script, or `error` with `code`, `message`, `remedy` and `retryable`.",
        "content": events.content(
            events.event_schema(
                "delta",
                data={"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]},
            ),
            events.event_schema("done", data={"$ref": "#/components/schemas/ScriptView"}),
            events.event_schema("error", data={"$ref": "#/components/schemas/TaskError"}),
        ),
    }
}


async def _count_comparisons(twin_id: UUID, request: Request, caller: CallerDep) -> None:
    await count_comparisons(request, caller.workspace_id, memory.namespace_of(twin_id))


_COUNTED: Final = Depends(_count_comparisons)


@router.post("/{twin_id}/compose", responses=problems(404, 502, 503), dependencies=[_COUNTED])
@in_bulkhead()
def compose_post(twin_id: UUID, body: ComposeRequest, caller: CallerDep) -> PostTextView:
    """Compose the post text and hashtags for a script, within the platform's rules. Publishes nothing.

    What worked for this twin on this platform is learned from, once there are eight posts; `learned_from` says what.
    """
    # A memory may be at ZeroMemory: the pool of transactions is the larger one.
    with transaction() as session:
        twin = twins.get(session, caller.workspace_id, twin_id)
        brief = composing.brief(session, twin, script=body.script, platform=body.platform, title=body.title)
    return PostTextView.of(brief, composing.compose(brief))


@router.post(
    "/{twin_id}/script",
    response_model=ScriptView,
    responses={**_AS_EVENTS, **problems(404, 409, 502, 503)},
    dependencies=[_COUNTED],
)
@in_bulkhead(until="request")
def write_script(
    twin_id: UUID, body: ScriptRequest, caller: CallerDep, accept: Annotated[str, Header(include_in_schema=False)] = ""
) -> ScriptView | EventSourceResponse:
    """Write a script about a topic in the twin's voice, for a video of `seconds`.

    409 `text_model_missing` where the operator has set no language model.
    What worked for this twin on this platform is learned from, once there are eight posts; `learned_from` says what.
    """
    with transaction() as session:
        twin = twins.get(session, caller.workspace_id, twin_id)
        persona = composing.persona(session, twin, topic=body.topic)
        learned_from = track_record_query.of_twin(session, twin, body.platform)
    seconds = body.choose_seconds(learned_from)
    pieces = scripts.write(
        persona, topic=body.topic, platform=body.platform, seconds=seconds, learned_from=learned_from
    )
    if not events.accepts_events(accept):
        return ScriptView.of("".join(pieces), seconds, learned_from)
    # Wait for the first piece here, so that an error before it still sets the HTTP status.
    told = _stream(next(pieces), pieces, seconds, learned_from)
    return EventSourceResponse(iterate(told), headers=events.HEADERS)


def _stream(first: str, pieces: Generator[str], seconds: int, learned_from: TrackRecord) -> Generator[bytes]:
    script = ""
    with closing(pieces):
        try:
            for piece in chain([first], pieces):
                script += piece
                yield events.encode("delta", {"text": piece})
        except Error as error:
            yield events.encode("error", error.to_dict())
        else:
            yield events.encode("done", ScriptView.of(script, seconds, learned_from).model_dump(mode="json"))
