"""ASGI middleware in front of Dagster's webserver: refuses what another website's page makes a browser send.

Dagster's pages have no login, and Dagster executes GraphQL mutations from a GET or a form of any origin.
"""

import re
from collections.abc import Awaitable, Iterable
from http import HTTPStatus
from typing import Final

import httpx
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.status import WS_1008_POLICY_VIOLATION
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

_LOOPBACK: Final = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d+)?")
_READS: Final = ("GET", "HEAD")
_JSON: Final = "application/json"


class WebserverGuard:
    """Passes requests on whose Host is known, whose Origin, if any, is the page's own, and that write as JSON only.

    `urls`: the addresses besides loopback by which the webserver is reached. Browsers send an Origin with each web
    socket and with each POST, and ask before they send JSON elsewhere, so a request without one is no page's.
    """

    def __init__(self, app: ASGIApp, urls: Iterable[str]) -> None:
        self._app = app
        known = [httpx.URL(url) for url in urls]
        self._hosts = {url.netloc.decode() for url in known}
        self._origins = {f"{url.scheme}://{url.netloc.decode()}" for url in known}

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        refusal = None if scope["type"] == "lifespan" else self._refusal(scope, Headers(scope=scope))
        return (refusal or self._app)(scope, receive, _unframed(send))

    def _refusal(self, scope: Scope, headers: Headers) -> ASGIApp | None:
        sender = self._refusal_of_sender(headers.get("host", "").lower(), headers.get("origin"))
        if scope["type"] == "websocket":
            return sender and WebSocketClose(WS_1008_POLICY_VIOLATION)
        return sender or _refusal_of_form(scope, headers)

    def _refusal_of_sender(self, host: str, origin: str | None) -> PlainTextResponse | None:
        is_loopback = _LOOPBACK.fullmatch(host) is not None
        if not is_loopback and host not in self._hosts:
            return _refuse(
                HTTPStatus.MISDIRECTED_REQUEST,
                "Dagster's pages are not known by this name. If it is theirs, set CONTENT_PIPELINE_DAGSTER_PUBLIC_URL.",
            )
        if origin is None or origin in self._origins or (is_loopback and origin == f"http://{host}"):
            return None
        return _refuse(
            HTTPStatus.FORBIDDEN,
            "This request comes from a page of another origin. If that is Dagster's own behind a proxy, set"
            " CONTENT_PIPELINE_DAGSTER_PUBLIC_URL to its address.",
        )


def _refusal_of_form(scope: Scope, headers: Headers) -> PlainTextResponse | None:
    """Refuses what a page can send to another origin before the browser asks for permission."""
    if scope["method"] in _READS:
        if scope["path"] == "/graphql" and scope["query_string"]:
            return _refuse(HTTPStatus.METHOD_NOT_ALLOWED, "Send GraphQL by POST.", Allow="POST")
    elif headers.get("content-type", "").partition(";")[0].strip().lower() != _JSON:
        return _refuse(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"Send the body as {_JSON}.")
    return None


def _refuse(status: HTTPStatus, sentence: str, **headers: str) -> PlainTextResponse:
    return PlainTextResponse(f"{sentence}\n", status, headers)


def _unframed(send: Send) -> Send:
    """Forbids pages of other origins to show the answer in a frame, where a click could be theirs."""

    def send_unframed(message: Message) -> Awaitable[None]:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message)["X-Frame-Options"] = "SAMEORIGIN"
        return send(message)

    return send_unframed
