"""Every error as RFC 9457 problem details: those of our tree, the router's, the validator's, and crashes.

`problem` is the one renderer; `Problems` catches what the framework's handlers do not see, because it was
raised by a middleware or expected by nobody.
"""

import math
from http import HTTPStatus
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from content_pipeline.core.database import UNREACHABLE
from content_pipeline.core.errors import (
    Error,
    InternalError,
    Invalid,
    Unauthorized,
    Unavailable,
    Unprocessable,
    pointer,
)

log = structlog.get_logger()

MEDIA_TYPE: Final = "application/problem+json"

# Steps of the validator's path that are none of the document's: the types that a value may have, keys as such.
_VALIDATOR_STEPS: Final = ("function-", "[key]")
_SENTENCES: Final = {
    "model_attributes_type": "Input should be an object",
    "string_pattern_mismatch": "Input should have the form that its description names",
}


def install(app: FastAPI) -> None:
    """Render the errors that the framework hands out, too."""
    for kind in (Error, HTTPException, RequestValidationError):
        app.add_exception_handler(kind, _handle)


async def _handle(request: Request, error: Exception) -> JSONResponse:
    return problem(request.scope, error)


class Problems:
    """Turns whatever escapes into a problem answer, as long as none has begun."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception as error:
            if scope["type"] != "http" or begun:
                raise
            await problem(scope, error)(scope, receive, send)


def problem(scope: Scope, error: Exception) -> JSONResponse:
    """The answer to an error. Text of unexpected exceptions goes to the log, never to the client."""
    if isinstance(error, HTTPException) and isinstance(error.__cause__, Error):
        # FastAPI turns what is raised while it reads a body into a 400: the limits' own words are better.
        error = error.__cause__
    if isinstance(error, HTTPException):
        return _render(
            scope, error.status_code, _code(error.status_code), str(error.detail), headers=dict(error.headers or {})
        )
    known = _as_ours(error)
    extensions: dict[str, Any] = {"retryable": known.retryable}
    headers = {}
    if known.remedy:
        extensions["remedy"] = known.remedy
    if known.errors:
        extensions["errors"] = known.errors
    if known.retry_after is not None:
        extensions["retry_after"] = known.retry_after
        headers["Retry-After"] = str(max(1, math.ceil(known.retry_after)))
    if isinstance(known, Unauthorized):
        headers["WWW-Authenticate"] = 'ApiKey realm="content-pipeline", header="X-API-Key"'
    return _render(scope, known.status, known.code, known.detail, extensions, headers)


def _as_ours(error: Exception) -> Error:
    if isinstance(error, Error):
        return error
    if isinstance(error, RequestValidationError):
        faults = _faults(error)
        return Unprocessable(_sentence(faults[0]), code="schema", errors=faults)
    if isinstance(error, DataError):
        # Zero bytes and numbers out of range pass JSON and URLs, but not PostgreSQL.
        return Invalid("The request holds a value that cannot be stored or looked up.")
    log.error("request_failed", exc_info=error)
    if isinstance(error, UNREACHABLE):
        return Unavailable("The database does not answer.", code="database_unavailable", retry_after=2)
    return InternalError("Something went wrong on our side.", remedy="Try again; give us the request_id if it stays.")


def _faults(error: RequestValidationError) -> list[dict[str, str]]:
    """What is wrong, once for each place."""
    faults: dict[str, dict[str, str]] = {}
    for found in error.errors():
        place, *path = (step for step in found["loc"] if not str(step).startswith(_VALIDATOR_STEPS))
        where = "" if found["type"] == "json_invalid" else pointer(path)  # there the path is a count of characters
        # Of a value that may be of several types, the first says what is wrong with it.
        faults.setdefault(f"{place}{where}", {"in": place, "pointer": where, "detail": _words(found)})
    return list(faults.values())


def _words(found: dict[str, Any]) -> str:
    """The validator's sentence, or one for the person where that tells of Python."""
    if found["loc"] == ("body",) and isinstance(found["input"], bytes | None):
        return "Send JSON with Content-Type: application/json"
    if "Expected UploadFile" in found["msg"]:
        return f"Send a file: with curl, -F {found['loc'][-1]}=@path"
    if found["type"] == "json_invalid":
        return f"This is not JSON: {found['ctx']['error']} at character {found['loc'][-1]}"
    return _SENTENCES.get(found["type"]) or found["msg"].removeprefix("Value error, ")


def _sentence(fault: dict[str, str]) -> str:
    return f"{fault['pointer']}: {fault['detail']}" if fault["pointer"] else fault["detail"]


def _code(status: int) -> str:
    return HTTPStatus(status).phrase.lower().replace(" ", "_").replace("'", "")


def _render(
    scope: Scope,
    status: int,
    code: str,
    detail: str,
    extensions: dict[str, Any] | None = None,
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": scope["state"]["request_id"],
        **(extensions or {}),
    }
    return JSONResponse(body, status, headers, media_type=MEDIA_TYPE)
