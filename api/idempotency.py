"""Idempotency-Key for routes: a POST that is done once, however often it is sent.

A route opens `once.transaction()`, which goes no further when there is a kept answer, does its work in it,
lets `once.answer` note what it will answer, and starts runs when the transaction is committed.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from json import JSONDecodeError, loads
from typing import Annotated, Any, Final

from fastapi import Depends, Header, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile

from api.deps import CallerDep
from content_pipeline.core import database
from content_pipeline.core.errors import Invalid
from content_pipeline.core.workspaces import idempotency
from content_pipeline.core.workspaces.idempotency import Answer
from content_pipeline.core.workspaces.workspaces import Caller

MOST_CHARACTERS: Final = 255
POLL_SECONDS: Final = 2
PUBLIC_PATH: Final = "/api/v1/public"
TASKS_PATH: Final = f"{PUBLIC_PATH}/tasks"


class Replay(Exception):
    """The request was answered before."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


async def replay(_request: Request, error: Exception) -> JSONResponse:
    """The handler of Replay."""
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
    """A POST request, known by its idempotency key if it has one."""

    def __init__(self, request: idempotency.Request | None) -> None:
        self._request = request

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """The transaction of the request. Raises Replay, and what `idempotency.claim` raises."""
        with database.transaction() as session:
            if self._request and (kept := idempotency.claim(session, self._request)):
                raise Replay(kept)
            yield session

    def answer(self, session: Session, body: BaseModel, *, task_id: str) -> JSONResponse:
        """The 202 to send, which points to the task; noted for repeats in the transaction that it tells of."""
        return self.accepted(session, body, location=f"{TASKS_PATH}/{task_id}")

    def accepted(self, session: Session, body: BaseModel, *, location: str) -> JSONResponse:
        """Likewise a 202 that points elsewhere."""
        return self._keep(session, HTTPStatus.ACCEPTED, body, location)

    def created(self, session: Session, body: BaseModel, *, location: str) -> JSONResponse:
        """Likewise the 201, which points to what was made."""
        return self._keep(session, HTTPStatus.CREATED, body, location)

    def done(self, session: Session, body: BaseModel) -> JSONResponse:
        """Likewise the 200, for what is over when it is answered."""
        return self._keep(session, HTTPStatus.OK, body)

    def _keep(self, session: Session, status: HTTPStatus, body: BaseModel, location: str | None = None) -> JSONResponse:
        answer = Answer(status, body.model_dump(mode="json"), location)
        if self._request:
            idempotency.keep(session, self._request, answer)
        return _render(answer)


IdempotencyKey = Annotated[
    str | None,
    Header(alias="Idempotency-Key", description="A value of your own: a repeat with the same gets the same answer."),
]


async def _of_body(request: Request, caller: CallerDep, key: IdempotencyKey = None) -> IdempotentRequest:
    return IdempotentRequest(
        None if key is None else _named(request, caller, key, _canonical_body(await request.body()))
    )


async def _of_form(request: Request, caller: CallerDep, key: IdempotencyKey = None) -> IdempotentRequest:
    if key is None:
        return IdempotentRequest(None)
    # The form was parsed for the route's own fields; hashing its files takes a while.
    content = await run_in_threadpool(_canonical_form, await request.form())
    return IdempotentRequest(_named(request, caller, key, content))


def _named(request: Request, caller: Caller, key: str, content: Any) -> idempotency.Request:
    if not 0 < len(key) <= MOST_CHARACTERS:
        raise Invalid(
            f"An Idempotency-Key has 1 to {MOST_CHARACTERS} characters.", code="idempotency_key", remedy="Use a UUID."
        )
    endpoint = f"{request.method} {request.url.path}"
    return idempotency.Request(caller.api_key_id, endpoint, key, idempotency.fingerprint(content))


def _canonical_body(body: bytes) -> Any:
    try:
        return loads(body or b"null")
    except (JSONDecodeError, UnicodeDecodeError):
        return body.hex()


def _canonical_form(form: FormData) -> Any:
    fields = form.multi_items()
    return sorted((name, _hash(value) if isinstance(value, UploadFile) else value) for name, value in fields)


def _hash(upload: UploadFile) -> str:
    digest = hashlib.file_digest(upload.file, "sha256").hexdigest()  # type: ignore[arg-type]  # BinaryIO lacks readinto
    upload.file.seek(0)
    return digest


IdempotentDep = Annotated[IdempotentRequest, Depends(_of_body)]
IdempotentFormDep = Annotated[IdempotentRequest, Depends(_of_form)]
