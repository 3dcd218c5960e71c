"""Idempotency-Key: stores the first response and replays it to repeated requests (IETF draft, as Stripe does).

A route works inside `idempotent.transaction()`, which raises Replay when a response is stored, creates its response
with `task_accepted`, `accepted`, `created` or `ok`, which store it and record the event, and starts runs afterwards.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from http import HTTPStatus
from json import JSONDecodeError
from typing import Annotated, Any, Final

from fastapi import Depends, Header, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile

from api.audit import Change, ChangeDep
from api.deps import caller_of
from api.json_routes import too_nested
from api.limits.body_limits import DEFAULT_BYTES
from api.limits.concurrency.thread_pools import JSON_PARSING
from api.paths import PUBLIC_PATH
from api.schemas.secret_answer import SecretAnswer
from api.schemas.signed_url import STORED
from content_pipeline.core.errors import Invalid
from content_pipeline.core.infrastructure import database
from content_pipeline.core.workspaces import idempotency
from content_pipeline.core.workspaces.idempotency import Answer

MAX_KEY_LENGTH: Final = 255
POLL_SECONDS: Final = 2


class Replay(Exception):
    """The stored response to an earlier request with the same key."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


async def handle_replay(_request: Request, error: Exception) -> JSONResponse:
    """Exception handler of Replay: sends the stored response."""
    assert isinstance(error, Replay)
    response = _render(error.answer)
    response.headers["Idempotent-Replayed"] = "true"
    return response


def _render(answer: Answer) -> JSONResponse:
    headers = {"Retry-After": str(POLL_SECONDS)} if answer.status == HTTPStatus.ACCEPTED else {}
    if answer.location:
        headers["Location"] = answer.location
    return JSONResponse(answer.body, answer.status, headers)


class IdempotentRequest:
    """A POST request and its idempotency key, if it has one."""

    def __init__(self, change: Change, request: idempotency.Request | None = None) -> None:
        self._change = change
        self._request = request

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """The transaction of the request. Raises Replay and the errors of `idempotency.claim`."""
        with database.transaction() as session:
            if self._request and (stored := idempotency.claim(session, self._request)):
                raise Replay(stored)
            yield session

    @contextmanager
    def trial(self) -> Iterator[Session]:
        """A transaction that is rolled back: it raises what would refuse the request, before its files are stored.

        Raises as `transaction` does.
        """
        with self.transaction() as session:
            yield session
            session.rollback()

    def task_accepted(self, session: Session, body: BaseModel, *, task_id: str) -> JSONResponse:
        """A 202 whose Location is the task. The transaction also stores it for repeated requests."""
        return self.accepted(session, body, location=f"{PUBLIC_PATH}/tasks/{task_id}")

    def accepted(self, session: Session, body: BaseModel, *, location: str) -> JSONResponse:
        """A 202 with another Location, stored as well."""
        return self._store(session, HTTPStatus.ACCEPTED, body, location)

    def created(self, session: Session, body: BaseModel, *, location: str, is_new: bool = True) -> JSONResponse:
        """A 201 whose Location is the created resource, stored as well. No event if an earlier request has made it."""
        return self._store(session, HTTPStatus.CREATED, body, location, is_change=is_new)

    def ok(self, session: Session, body: BaseModel, *, object_id: str | None = None) -> JSONResponse:
        """A 200 for work that is complete, stored as well. `object_id` is its object, if the body does not say."""
        return self._store(session, HTTPStatus.OK, body, object_id=object_id)

    def _store(
        self,
        session: Session,
        status: HTTPStatus,
        body: BaseModel,
        location: str | None = None,
        *,
        object_id: str | None = None,
        is_change: bool = True,
    ) -> JSONResponse:
        answer = Answer(status, body.model_dump(mode="json"), location, is_secret=isinstance(body, SecretAnswer))
        if is_change:
            self._change.record(session, answer.body, object_id=object_id)
        if self._request:
            # Links are signed when a resource is read. A link that is stored here could outlast its file.
            stored = replace(answer, body=body.model_dump(mode="json", context=STORED))
            idempotency.keep(session, self._request, stored)
        return _render(answer)


IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="A unique value such as a UUID; a repeated request with the same key gets the same response, "
        "without signed URLs.",
    ),
]


async def _from_body(request: Request, change: ChangeDep, key: IdempotencyKey = None) -> IdempotentRequest:
    if key is None:
        return IdempotentRequest(change)
    body = await request.body()
    content = await _canonical_body(request, body)
    if len(body) <= DEFAULT_BYTES:
        return IdempotentRequest(change, _with_key(request, key, content))
    return IdempotentRequest(change, await JSON_PARSING.run(_with_key, request, key, content))


async def _from_form(request: Request, change: ChangeDep, key: IdempotencyKey = None) -> IdempotentRequest:
    if key is None:
        return IdempotentRequest(change)
    # FastAPI has parsed the form already. Hashing large files would block the event loop.
    content = await run_in_threadpool(_canonical_form, await request.form())
    return IdempotentRequest(change, _with_key(request, key, content))


def _with_key(request: Request, key: str, content: Any) -> idempotency.Request:
    if not 0 < len(key) <= MAX_KEY_LENGTH:
        raise Invalid(
            f"An Idempotency-Key has 1 to {MAX_KEY_LENGTH} characters.", code="idempotency_key", remedy="Use a UUID."
        )
    endpoint = f"{request.method} {request.url.path}"
    return idempotency.Request(caller_of(request).api_key_id, endpoint, key, _fingerprint(content))


def _fingerprint(content: Any) -> bytes:
    try:
        return idempotency.fingerprint(content)
    except RecursionError as error:
        raise too_nested() from error


async def _canonical_body(request: Request, body: bytes) -> Any:
    """The value of JSON, which has the limits of json_routes.py; of anything else, whose parts nobody has counted, the
    hash of its bytes."""
    if not body:
        return None
    if "json" in request.headers.get("content-type", "").lower():
        with suppress(JSONDecodeError):
            return await request.json()
    return hashlib.sha256(body).hexdigest()


def _canonical_form(form: FormData) -> Any:
    fields = form.multi_items()
    return sorted((name, _hash(value) if isinstance(value, UploadFile) else value) for name, value in fields)


def _hash(upload: UploadFile) -> str:
    digest = hashlib.file_digest(upload.file, "sha256").hexdigest()  # type: ignore[arg-type]  # BinaryIO lacks readinto
    upload.file.seek(0)
    return digest


IdempotentDep = Annotated[IdempotentRequest, Depends(_from_body)]
IdempotentFormDep = Annotated[IdempotentRequest, Depends(_from_form)]
