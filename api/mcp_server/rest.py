"""REST client of the MCP tools: calls the API's own routes with the caller's key, in the process or over HTTP.

So the rate limit, idempotency, ownership and the checks of a route hold for agents as for everybody else.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import httpx
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from api.authentication import API_KEY, sent_key
from api.context import REQUEST_ID
from api.limits.concurrency.admission_control import IS_ADMITTED
from api.paths import PUBLIC_PATH
from content_pipeline.core.errors import Error, Unavailable

# A dry run reads the whole video of a client, which may take two minutes. The timeout holds over stdio only: in
# process, httpx's ASGITransport reads no timeouts.
TIMEOUT_SECONDS: Final = 150.0

# These remedies replace those of the API that name the Idempotency-Key, which an agent does not see.
_ANOTHER_CALL: Final = "To make it anew, set `again` to a new word."
_REMEDIES: Final = {"deleted": _ANOTHER_CALL, "idempotency_mismatch": _ANOTHER_CALL}


class RestClient:
    """The routes of `/api/v1/public`, as one caller. Raises the error that the API answered, and
    Unavailable without an answer."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def get(
        self, path: str, params: dict[str, Any] | None = None, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        """A parameter that is None is not sent."""
        sent = {name: value for name, value in (params or {}).items() if value is not None}
        return await self._call("GET", path, params=sent, headers=headers)

    async def post(self, path: str, *, idempotency_key: str | None = None, **body: Any) -> httpx.Response:
        """`body`: what httpx takes (`json`, `data`, `files`, `params`)."""
        headers = {"Idempotency-Key": idempotency_key} if idempotency_key else None
        return await self._call("POST", path, headers=headers, **body)

    async def patch(self, path: str, json: dict[str, Any]) -> httpx.Response:
        return await self._call("PATCH", path, json=json)

    async def _call(self, method: str, path: str, **request: Any) -> httpx.Response:
        try:
            answer = await self._http.request(method, f"{PUBLIC_PATH}{path}", **request)
        except httpx.TransportError as error:
            raise Unavailable(
                f"The API at {self._http.base_url} does not answer.",
                remedy="Start it, or set CONTENT_PIPELINE_PUBLIC_URL to its address.",
            ) from error
        if answer.is_error:
            raise _error_of(_problem(answer))
        return answer


def _problem(answer: httpx.Response) -> dict[str, Any]:
    """Problem details; of a proxy's page, what its status says."""
    if "json" not in answer.headers.get("content-type", ""):
        return {"code": "not_answered", "detail": f"The answer was {answer.status_code} {answer.reason_phrase}."}
    problem: dict[str, Any] = answer.json()
    return problem


@asynccontextmanager
async def in_process(request: Request) -> AsyncIterator[RestClient]:
    """The routes of this process, as the sender of a request to `/mcp`, with whose slot they run."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await request.app({**scope, "state": {IS_ADMITTED: True}}, receive, send)

    headers = {API_KEY: sent_key(request.headers) or "", REQUEST_ID: request.state.request_id}
    address = (request.client.host, request.client.port) if request.client else ("unknown", 0)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=address)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://api", headers=headers, trust_env=False, timeout=TIMEOUT_SECONDS
    ) as http:
        yield RestClient(http)


def _error_of(problem: dict[str, Any]) -> Error:
    return Error(
        problem["detail"],
        code=problem["code"],
        remedy=_REMEDIES.get(problem["code"], problem.get("remedy", "")),
        retryable=problem.get("retryable", False),
        retry_after=problem.get("retry_after"),
        errors=problem.get("errors"),
    )
