"""How a stand-in says no: with the status, body and headers of the platform that it stands for."""

from collections.abc import Mapping
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response


class ApiError(Exception):
    """Raised anywhere below a route; becomes the answer. `body` is JSON, or a text that is sent as it is."""

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
    """The exception handler of the application."""
    assert isinstance(error, ApiError)
    return error.response
