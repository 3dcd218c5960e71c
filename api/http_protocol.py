"""uvicorn's HTTP protocol with limits: of time, size and number for what is in a request's head, of the chunks of its
body, and of connections per address.

    uvicorn api.main:app --http api.http_protocol:HttpProtocol --ws none --reset-contextvars

uvicorn itself waits for a head without end, and keeps whatever comes of it in memory. A connection that was upgraded to
a web socket would have another protocol, and be counted for ever, so there are none. A pipelined request starts while
the response before it is sent; without a context of its own, its span and log lines would belong to that one.
"""

from asyncio import TimerHandle, Transport
from collections import Counter
from typing import Final
from uuid import uuid4

from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from api.context import REQUEST_ID
from api.errors import problem
from api.limits.client_network import network_of
from content_pipeline.core.errors import Error, RequestTimeout, TooManyRequests
from content_pipeline.core.settings import settings

# The head of a request has to arrive within this time of the connection's beginning, or of the end of the response
# before.
HEAD_SECONDS: Final = 10.0
# This limits all bytes that are not a body: a request line with headers, and what comes between and after the chunks of
# a body.
HEAD_BYTES: Final = 65_536
# Each is looked at for each header that a route reads; browsers send 20.
HEADERS: Final = 100
# FastAPI parses cookies before the key is looked at, and Python 3.11 does so in a time that grows with the square of
# their length. No route reads any.
_LEFT_OUT: Final = b"cookie"
# The parameters of a form's content type are parsed twice, at 1 µs a semicolon.
CONTENT_TYPE_BYTES: Final = 500
# A query is parsed in the event loop, before the key is looked at: 30,000 parameters stop it for 40 ms.
QUERY_PARAMETERS: Final = 100
# Each chunk of a body takes a turn of the parser, in the event loop, however short it is. More than SHORT_CHUNKS of
# them have to have SHORT_CHUNK_BYTES on average.
SHORT_CHUNKS: Final = 4_000
SHORT_CHUNK_BYTES: Final = 32
# A client network with too many connections is told to come back after this time, in which those that send nothing are
# closed.
RETRY_SECONDS: Final = HEAD_SECONDS


class HeadTooLarge(Error):
    """The head of the request has too many bytes."""

    status = 431
    code = "head_too_large"


class QueryTooLong(Error):
    """The query has too many parameters."""

    status = 414
    code = "query_too_long"


# Open connections of this process by the client's network.
_open: Final[Counter[str]] = Counter()


class HttpProtocol(HttpToolsProtocol):
    """Closes connections that exceed a limit, after a response with problem details."""

    _deadline: TimerHandle | None = None
    _network: str | None = None
    _head_bytes = 0
    _body_bytes = 0
    _chunks = 0

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_head()
        if self.client is None or self._is_proxy(self.client[0]):
            return
        self._network = network_of(self.client[0])
        _open[self._network] += 1
        if _open[self._network] > settings().connections_per_address:
            self._refuse(
                TooManyRequests(
                    f"Your address has {settings().connections_per_address} open connections.",
                    code="too_many_connections",
                    remedy="Close those that you no longer need, or use them for several requests.",
                    retry_after=RETRY_SECONDS,
                )
            )

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget_deadline()
        if self._network:
            _open[self._network] -= 1
            if not _open[self._network]:
                del _open[self._network]
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        self._head_bytes += len(data)
        super().data_received(data)
        if self._head_bytes > HEAD_BYTES + len(data) and not self.transport.is_closing():
            self._refuse_head()

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() != _LEFT_OUT and len(self.headers) <= HEADERS:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        if self.transport.is_closing():  # a pipelined request behind one that was refused
            return
        self._forget_deadline()
        self._head_bytes = self._body_bytes = self._chunks = 0
        # uvloop reads up to 256 kB at once, so a whole head that is too large may come with its end.
        head = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        content_type = max((len(value) for name, value in self.headers if name == b"content-type"), default=0)
        if head > HEAD_BYTES or len(self.headers) > HEADERS or content_type > CONTENT_TYPE_BYTES:
            self._refuse_head()
        elif self.url.count(b"&") >= QUERY_PARAMETERS:
            self._refuse(
                QueryTooLong(
                    f"A query may have up to {QUERY_PARAMETERS} parameters.", remedy="Send those that are documented."
                )
            )
        else:
            super().on_headers_complete()

    def on_chunk_header(self) -> None:
        self._chunks += 1
        if self._chunks > SHORT_CHUNKS + self._body_bytes // SHORT_CHUNK_BYTES:
            self.transport.close()

    def on_body(self, body: bytes) -> None:
        self._head_bytes = 0
        self._body_bytes += len(body)
        if not self.transport.is_closing():
            super().on_body(body)

    def on_message_complete(self) -> None:
        if not self.transport.is_closing():
            super().on_message_complete()

    def on_response_complete(self) -> None:
        is_last = not self.pipeline
        super().on_response_complete()
        if is_last and not self.transport.is_closing():
            self._expect_head()

    def _expect_head(self) -> None:
        self._forget_deadline()
        self._deadline = self.loop.call_later(HEAD_SECONDS, self._close_late)

    def _forget_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _close_late(self) -> None:
        # Without bytes of a head, nothing came at all, or only the rest of a body whose response has been sent. Then
        # there is nothing to answer.
        if self._head_bytes:
            self._refuse(
                RequestTimeout(
                    f"The head of the request did not arrive within {HEAD_SECONDS:.0f} seconds.",
                    remedy="Send it again.",
                )
            )
        else:
            self.transport.close()

    def _refuse_head(self) -> None:
        self._refuse(
            HeadTooLarge(
                f"The head of a request may have up to {HEAD_BYTES:,} bytes and {HEADERS} headers, and a content type"
                f" {CONTENT_TYPE_BYTES}.",
                remedy="Send fewer or shorter headers.",
            )
        )

    def _refuse(self, error: Error) -> None:
        """Close the connection, with an answer unless an earlier request of it is being answered: the client would take
        this for that one's."""
        if self.cycle is not None and not self.cycle.response_complete:
            self.transport.close()
            return
        request_id = uuid4().hex
        response = problem({"type": "http", "path": "", "state": {"request_id": request_id}}, error)
        response.headers.update({REQUEST_ID: request_id, "Connection": "close"})
        head = b"".join(b"%s: %s\r\n" % header for header in response.raw_headers)
        self.transport.write(STATUS_LINE[response.status_code] + head + b"\r\n" + response.body)
        self.transport.close()

    def _is_proxy(self, address: str) -> bool:
        """Whether uvicorn believes its X-Forwarded-For: it stands for many clients, whom it has to limit itself."""
        app = self.config.loaded_app
        return isinstance(app, ProxyHeadersMiddleware) and address in app.trusted_hosts
