"""Request context middleware: request id, common headers, access log, metrics and span of a request."""

import re
import time
from http import HTTPStatus
from typing import Any, Final
from uuid import uuid4

import structlog
from opentelemetry.trace import Span, SpanKind
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import request_metrics
from content_pipeline.core.infrastructure import tracing

log = structlog.get_logger()

REQUEST_ID: Final = "X-Request-Id"
# For responses to URLs with a code or state: these must not be cached, or sent on as Referer.
PRIVATE_HEADERS: Final = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
_SAFE_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,128}")


class RequestContext:
    """Sets `state.request_id` (the client's, if it is safe to log) and `state.headers`, added to every response."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        client_id = Headers(scope=scope).get(REQUEST_ID, "")
        request_id = client_id if _SAFE_ID.fullmatch(client_id) else uuid4().hex
        state: dict[str, Any] = scope.setdefault("state", {})
        state["request_id"] = request_id
        state["headers"] = {REQUEST_ID: request_id}
        started = time.perf_counter()
        answered = None
        status = 500

        async def send_with_headers(message: Message) -> None:
            nonlocal status, answered
            if message["type"] == "http.response.start":
                status, answered = int(message["status"]), time.perf_counter()
                headers = MutableHeaders(scope=message)
                headers.update(state["headers"])
                if headers.get("Location", "").startswith("/"):
                    headers["Location"] = scope.get("root_path", "") + headers["Location"]
            await send(message)

        with (
            structlog.contextvars.bound_contextvars(request_id=request_id),
            tracing.span("request", {"request_id": request_id}, kind=SpanKind.SERVER) as span,
        ):
            try:
                await self.app(scope, receive, send_with_headers)
            finally:
                request_metrics.record(scope, status, (answered or time.perf_counter()) - started)
                _describe(span, scope, status)
                log.info(
                    "request",
                    method=scope["method"],
                    path=scope["path"],
                    route=getattr(scope.get("route"), "name", None),
                    status=status,
                    milliseconds=round((time.perf_counter() - started) * 1000, 1),
                )


def _describe(span: Span, scope: Scope, status: int) -> None:
    route = request_metrics.route_of(scope)
    span.update_name(f"{scope['method']} {route}")
    span.set_attributes(
        {"http.request.method": scope["method"], "http.route": route, "http.response.status_code": status}
    )
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        tracing.mark_failed(span, str(status))
