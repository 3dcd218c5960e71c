"""HEAD requests: answered as GET, without the body: ASGI middleware.

FastAPI's routes take no HEAD, which RFC 9110 asks of every server, and with which monitors look whether one is there.
"""

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class HeadRequests:
    """Calls the application for GET, and ends the response after its headers: a stream is closed at once."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def send_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                await send(message)
                await send({"type": "http.response.body"})

        # The scope is copied, because the server looks at the method of its own to know that no body follows.
        as_get = {**scope, "method": "GET"}
        try:
            await self.app(as_get, receive, send_headers)
        finally:
            if route := as_get.get("route"):
                scope["route"] = route  # for the access log and the metrics
