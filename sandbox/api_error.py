"""Exception that becomes an error response with the status, body and headers of the real platform."""

from collections.abc import Mapping
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response


class ApiError(Exception):
    """Raised anywhere below a route; becomes the response. `body` is JSON, or text that is sent unchanged."""

    def __init__(self, status: int, body: Any = None, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = body
        self.headers = dict(headers or {})

    @property
    def response(self) -> Response:
        if self.body is None or isinstance(self.body, str):
            return PlainTextResponse(self.body or "", self.status, self.headers)
        return JSONResponse(self.body, self.status, self.headers)


def handle(_: Request, error: Exception) -> Response:
    """FastAPI exception handler for ApiError."""
    assert isinstance(error, ApiError)
    return error.response
