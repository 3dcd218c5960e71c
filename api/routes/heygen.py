"""Receives the signed webhook events of HeyGen."""

from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from content_pipeline.core.avatars import heygen_events
from content_pipeline.core.infrastructure.database import transaction

router = APIRouter(include_in_schema=False)


@router.options(heygen_events.PATH)
def probe() -> Response:
    """HeyGen probes an address when it is registered."""
    return Response(headers={"Allow": "OPTIONS, POST"})


@router.post(heygen_events.PATH, status_code=HTTPStatus.NO_CONTENT)
async def receive_event(request: Request) -> None:
    """Take an event; its signature is of the body as it was sent."""
    await run_in_threadpool(_receive, await request.body(), dict(request.headers))


def _receive(body: bytes, headers: dict[str, str]) -> None:
    with transaction() as session:
        heygen_events.receive(session, body, headers)
