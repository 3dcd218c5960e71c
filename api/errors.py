"""Renders every error as RFC 9457 problem details: core errors, routing, validation, and unexpected exceptions.

`problem` renders; `Problems` is the middleware for exceptions that FastAPI's handlers do not see: those of other
middleware, and unexpected ones.
"""

import math
from http import HTTPStatus
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import audit, error_pages
from api.allowed_methods import allowed_methods
from api.known_fields import MAX_ERRORS, body_fields, unknown_sentence
from api.paths import API_PATH
from api.route_path import route_path
from content_pipeline.core.errors import (
    Error,
    Forbidden,
    InternalError,
    Invalid,
    NotFound,
    Unauthorized,
    Unavailable,
    Unprocessable,
    pointer,
)
from content_pipeline.core.infrastructure.database import UNREACHABLE

log = structlog.get_logger()

MEDIA_TYPE: Final = "application/problem+json"

# The specification's `useTask` polls tasks below this path. It stops at a `status` of "done" or "error", and would poll
# for ever if `status` were a number; after an error with a Retry-After it goes on.
_HOOK_PATH: Final = f"{API_PATH}/tasks/"


class MethodNotAllowed(Error):
    """The path exists, and does not take this method."""

    status = 405
    code = "method_not_allowed"


# Starlette raises these statuses before any route of ours is called.
_OF_ROUTING: Final[dict[int, Error]] = {
    404: NotFound("There is nothing at this path.", remedy="See /docs for all paths."),
    405: MethodNotAllowed("This path does not take this method.", remedy="Use a method that the Allow header names."),
}

# Parts of pydantic's error location that are not part of the document: types of a union, `[key]` markers.
_PYDANTIC_STEPS: Final = ("function-", "literal[", "[key]")
_MESSAGES: Final = {
    "date_from_datetime_inexact": "Send a date without a time, such as 2026-05-01",
    "bool_type": "Input should be true or false",
    "dict_type": "Input should be an object",
    "finite_number": "Send a number that is neither infinite nor NaN",
    "int_parsing_size": "This number is too large",
    "missing": "This field is missing",
    "model_attributes_type": "Input should be an object",
    "string_type": "Input should be a text",
    "string_unicode": "This text has half a character: send valid Unicode",
    "timezone_aware": "Send the time with its offset, such as 2026-05-01T10:00:00Z",
    "string_pattern_mismatch": "Input should have the format that its description names",
    "uuid_parsing": "Send an id as it was answered, such as 5bc41d91-867a-4ccb-821a-2b9544c45719",
    "uuid_type": "Send an id as it was answered, such as 5bc41d91-867a-4ccb-821a-2b9544c45719",
}
_TIMES: Final = ("datetime_from_date_parsing", "datetime_parsing")
_LENGTHS: Final = {
    "too_long": "Send {max_length} or fewer; these are {actual_length}",
    "too_short": "Send {min_length} or more; these are {actual_length}",
}


def install(app: FastAPI) -> None:
    """Register the handler for the exceptions that FastAPI catches."""
    for kind in (Error, HTTPException, RequestValidationError):
        app.add_exception_handler(kind, _handle)


async def _handle(request: Request, error: Exception) -> JSONResponse:
    if isinstance(error, Forbidden):
        await audit.record_denial(request)
    return problem(request.scope, error)


class Problems:
    """Answers any uncaught exception with problem details, unless the response has started."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response_started = False

        async def tracking_send(message: Message) -> None:
            nonlocal response_started
            response_started = True
            await send(message)

        try:
            await self.app(scope, receive, tracking_send)
        except Exception as error:
            if scope["type"] != "http" or response_started:
                raise
            await problem(scope, error)(scope, receive, send)


def problem(scope: Scope, error: Exception) -> JSONResponse:
    """The response to an error. The text of unexpected exceptions goes to the log, never to the client."""
    if isinstance(error, HTTPException) and isinstance(error.__cause__, Error):
        # FastAPI turns an exception raised while it reads a body into a 400. Instead the body limit's own error is
        # answered.
        error = error.__cause__
    if isinstance(error, HTTPException) and isinstance(error.__context__, MultiPartException):
        error = Invalid(
            f"This form cannot be read: {error.__context__.message}",
            code="form_invalid",
            remedy="Send the fields that the documentation names, as multipart/form-data.",
        )
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    if isinstance(error, HTTPException) and error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        known = allowed_methods(scope["app"], route_path(scope)) or set(headers["Allow"].split(", "))
        headers["Allow"] = ", ".join(sorted(known | ({"HEAD"} if "GET" in known else set())))
    if isinstance(error, HTTPException) and error.status_code not in _OF_ROUTING:
        return _render(scope, error.status_code, _code(error.status_code), str(error.detail), headers=headers)
    core_error = _to_core_error(error, scope.get("route"))
    extensions: dict[str, Any] = {"retryable": core_error.retryable}
    if core_error.remedy:
        extensions["remedy"] = core_error.remedy
    if core_error.errors:
        extensions["errors"] = core_error.errors
    if core_error.retry_after is not None:
        extensions["retry_after"] = core_error.retry_after
        headers["Retry-After"] = str(max(1, math.ceil(core_error.retry_after)))
    if isinstance(core_error, Unauthorized):
        headers["WWW-Authenticate"] = 'ApiKey realm="content-pipeline", header="X-API-Key"'
    return _render(
        scope,
        core_error.status,
        core_error.code,
        core_error.detail,
        extensions,
        headers,
        class_code=type(core_error).code,
    )


def _to_core_error(error: Exception, route: APIRoute | None) -> Error:
    if isinstance(error, Error):
        return error
    if isinstance(error, HTTPException):
        return _OF_ROUTING[error.status_code]
    if isinstance(error, RequestValidationError):
        errors = validation_errors(error, route)
        return Unprocessable(summary(errors[0]), code="schema", errors=errors)
    if isinstance(error, DataError):
        # NUL bytes and numbers out of range are valid in JSON and URLs, but not in PostgreSQL.
        return Invalid(
            "The request has a value that cannot be stored or looked up.",
            remedy="Send text without NUL characters, and numbers of usual size.",
        )
    log.error("request_failed", exc_info=error)
    if isinstance(error, UNREACHABLE):
        return Unavailable(
            "The database does not answer.",
            code="database_unavailable",
            remedy="Send it again in a moment.",
            retry_after=2,
        )
    return InternalError(
        "Something went wrong on our side.",
        remedy="Try again; report the request_id if it fails again.",
        retryable=True,
    )


def validation_errors(error: RequestValidationError, route: APIRoute | None) -> list[dict[str, str]]:
    """The first validation error of each of the first locations."""
    by_location: dict[str, dict[str, str]] = {}
    for found in error.errors():
        if len(by_location) == MAX_ERRORS:
            break
        location, *path = (step for step in found["loc"] if not str(step).startswith(_PYDANTIC_STEPS))
        json_pointer = "" if found["type"] == "json_invalid" else pointer(path)  # its location is a character offset
        # A union has an error for each of its types. Only the first is kept.
        by_location.setdefault(
            f"{location}{json_pointer}",
            {"in": location, "pointer": json_pointer, "detail": _message(found, path, route)},
        )
    return list(by_location.values())


def _message(found: dict[str, Any], path: list[str | int], route: APIRoute | None) -> str:
    """Pydantic's message, or a plainer one where it mentions Python types."""
    if found["loc"] == ("body",) and isinstance(found["input"], bytes | None):
        return "Send a JSON object, with Content-Type: application/json"
    if found["type"] == "extra_forbidden" and route:
        return unknown_sentence(str(found["loc"][-1]), body_fields(route, path[:-1]))
    if "Expected UploadFile" in found["msg"]:
        return f"Send a file: with curl, -F {found['loc'][-1]}=@path"
    if found["type"] == "json_invalid":
        return f"This is not JSON: {found['ctx']['error']} at character {found['loc'][-1]}"
    if found["type"] == "float_type" and isinstance(found["input"], int):  # of more than 308 digits
        return _MESSAGES["int_parsing_size"]
    if found["type"] in _TIMES:
        return f"This is not a time: {found['ctx']['error']}. Send one such as 2026-05-01T10:00:00Z"
    if found["type"] in _LENGTHS:
        return _LENGTHS[found["type"]].format(**found["ctx"])
    return _MESSAGES.get(found["type"]) or _plainer(found["msg"])


def _plainer(message: str) -> str:
    return message.removeprefix("Value error, ").replace("String should", "This text should", 1)


def summary(error: dict[str, str]) -> str:
    """One sentence for one of the validation errors."""
    return f"{error['pointer']}: {error['detail']}" if error["pointer"] else error["detail"]


def _code(status: int) -> str:
    return HTTPStatus(status).phrase.lower().replace(" ", "_").replace("'", "")


def _render(
    scope: Scope,
    status: int,
    code: str,
    detail: str,
    extensions: dict[str, Any] | None = None,
    headers: dict[str, str] | None = None,
    *,
    class_code: str = "",
) -> JSONResponse:
    body: dict[str, Any] = {
        "type": error_pages.address(code, otherwise=class_code),
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": scope["state"]["request_id"],
        "retryable": False,
        **(extensions or {}),
    }
    if route_path(scope).startswith(_HOOK_PATH) and "retry_after" not in body:
        body["status"] = "error"
        body["error"] = {"code": code, "message": detail, "remedy": body.get("remedy"), "retryable": body["retryable"]}
    return JSONResponse(body, status, headers, media_type=MEDIA_TYPE)
