"""Limits of uvicorn's connections, by raw sockets."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

import anyio
import pytest
from starlette.types import Receive, Scope, Send

from api import http_protocol
from api.http_protocol import HttpProtocol
from api.schemas.problems import Problem
from content_pipeline.core.settings import settings
from tests.polling import until
from tests.servers import serving

HEAD = b"GET / HTTP/1.1\r\nHost: api\r\n"
# A peer whose X-Forwarded-For is not believed.
OTHER_ADDRESS = "127.0.0.2"


CALLED: Final = list[str]()


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers at once, with the names of the headers; /read once the body has arrived, /stream in two parts, the second
    after twice HEAD_SECONDS. Adds the path to CALLED."""
    CALLED.append(scope["path"])
    if scope["path"] == "/read":
        while (await receive()).get("more_body"):
            pass
    await send({"type": "http.response.start", "status": 200, "headers": []})
    if scope["path"] == "/stream":
        await send({"type": "http.response.body", "body": b"one", "more_body": True})
        await anyio.sleep(2 * http_protocol.HEAD_SECONDS)
    names = b",".join(name for name, _ in scope["headers"])
    await send({"type": "http.response.body", "body": b"end" if scope["path"] == "/stream" else names})


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setattr(http_protocol, "HEAD_SECONDS", 0.3)
    CALLED.clear()
    with serving(app, protocol=HttpProtocol) as url:
        yield int(url.rpartition(":")[2])


@contextmanager
def connected(port: int, address: str = "127.0.0.1") -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=10, source_address=(address, 0)) as connection:
        yield connection


def rest(connection: socket.socket) -> bytes:
    """All that comes until the server closes the connection."""
    received = b""
    while True:
        try:
            data = connection.recv(65_536)
        except ConnectionResetError:
            return received
        if not data:
            return received
        received += data


def drip(connection: socket.socket, piece: bytes) -> bytes:
    """Send `piece` again and again until the server closes the connection. Returns what it has sent."""
    connection.settimeout(0.02)
    received = b""
    for _ in range(1000):
        try:
            connection.sendall(piece)
            data = connection.recv(65_536)
        except TimeoutError:
            continue
        except (ConnectionResetError, BrokenPipeError):
            return received
        if not data:
            return received
        received += data
    raise AssertionError("the connection stays open")


@pytest.mark.slow
@pytest.mark.parametrize("begun", [b"", b"GET / HT", HEAD + b"X-More: "], ids=["nothing", "a line", "headers"])
def test_a_connection_whose_head_does_not_come_is_closed(port: int, begun: bytes) -> None:
    with connected(port) as connection:
        connection.sendall(begun)
        answer = rest(connection)
    assert answer.startswith(b"HTTP/1.1 408 ") is bool(begun)
    if begun:
        assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == "request_timeout"


@pytest.mark.slow
def test_a_head_that_drips_is_cut_off(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(HEAD + b"X-More: ")
        assert drip(connection, b"x").startswith(b"HTTP/1.1 408 ")


@pytest.mark.slow
def test_a_second_request_has_as_much_time_as_the_first(port: int) -> None:
    with connected(port) as connection:
        for _ in range(2):
            connection.sendall(HEAD + b"\r\n")
            assert connection.recv(65_536).startswith(b"HTTP/1.1 200 ")
        connection.sendall(HEAD)
        assert b"HTTP/1.1 408 " in rest(connection)


@pytest.mark.slow
def test_requests_of_one_connection_that_come_at_once_are_all_answered(port: int) -> None:
    with connected(port) as connection:
        connection.sendall((HEAD + b"\r\n") * 3)
        assert rest(connection).count(b"HTTP/1.1 200 ") == 3


@pytest.mark.slow
def test_a_body_that_drips_after_its_answer_is_cut_off(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: api\r\nContent-Length: 1000000\r\n\r\n")
        assert drip(connection, b"x").count(b"HTTP/1.1 ") == 1


@pytest.mark.slow
def test_a_stream_stays_open(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(b"GET /stream HTTP/1.1\r\nHost: api\r\nConnection: close\r\n\r\n")
        assert rest(connection).endswith(b"one\r\n3\r\nend\r\n0\r\n\r\n")


@pytest.mark.slow
@pytest.mark.parametrize(
    "begun",
    [
        HEAD + b"X-More: ",
        b"GET /",
        b"POST /read HTTP/1.1\r\nHost: api\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-More: ",
    ],
    ids=["header", "path", "trailer"],
)
def test_a_head_without_end_is_refused(port: int, begun: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_protocol, "HEAD_SECONDS", 60.0)
    with connected(port) as connection:
        connection.sendall(begun)
        sent = 0
        try:
            while sent < 100_000_000:
                connection.sendall(b"x" * 50_000)
                sent += 50_000
        except (ConnectionResetError, BrokenPipeError):
            pass
    assert sent < 50_000_000


@pytest.mark.slow
@pytest.mark.parametrize("after", [b"", b"some body", HEAD + b"\r\n"], ids=["alone", "a body", "a second one"])
def test_a_head_that_is_too_large_is_refused_though_it_has_come_at_once(port: int, after: bytes) -> None:
    with connected(port) as connection:
        connection.sendall(HEAD + b"Content-Length: 9\r\nX-More: " + b"x" * 100_000 + b"\r\n\r\n" + after)
        answers = rest(connection)
    assert answers.startswith(b"HTTP/1.1 431 ")
    assert answers.count(b"HTTP/1.1 ") == 1
    assert CALLED == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (b"a: b\r\n" * 90, b"200"),
        (b"a:\r\n" * 10_000, b"431"),
        (b"Content-Type: multipart/form-data" + b";" * 1000 + b"\r\n", b"431"),
    ],
    ids=["as many as browsers send", "thousands", "parameters of a form"],
)
def test_a_head_has_so_many_headers_and_parameters(port: int, headers: bytes, status: bytes) -> None:
    with connected(port) as connection:
        connection.sendall(HEAD + headers + b"Connection: close\r\n\r\n")
        assert rest(connection).startswith(b"HTTP/1.1 " + status)


def test_cookies_reach_no_route(port: int) -> None:
    """FastAPI parses them for each, in a time that grows with the square of their length."""
    with connected(port) as connection:
        connection.sendall(HEAD + b"COOKIE: a=1\r\ncookie: a=2\r\nX-More: b\r\nConnection: close\r\n\r\n")
        assert b"\r\nhost,x-more,connection\r\n" in rest(connection)


@pytest.mark.slow
@pytest.mark.parametrize(("parameters", "status"), [(100, b"200"), (101, b"414"), (30_000, b"414")])
def test_a_query_has_so_many_parameters(port: int, parameters: int, status: bytes) -> None:
    with connected(port) as connection:
        query = b"&".join([b"a"] * parameters)
        connection.sendall(b"GET /?" + query + b" HTTP/1.1\r\nHost: api\r\nConnection: close\r\n\r\n")
        assert rest(connection).startswith(b"HTTP/1.1 " + status)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("chunk", "is_read"), [(b"x" * 8, False), (b"x" * 100, True)], ids=["short chunks", "longer ones"]
)
def test_a_body_of_short_chunks_is_not_read_to_its_end(port: int, chunk: bytes, is_read: bool) -> None:
    body = b"%x\r\n%s\r\n" % (len(chunk), chunk) * 100_000
    with connected(port) as connection:
        with suppress(ConnectionResetError, BrokenPipeError):
            connection.sendall(
                b"POST /read HTTP/1.1\r\nHost: api\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
                + body
                + b"0\r\n\r\n"
            )
        assert (b"HTTP/1.1 200 " in rest(connection)) is is_read


@pytest.mark.slow
def test_a_refusal_does_not_answer_the_request_before_it(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(
            b"GET /stream HTTP/1.1\r\nHost: api\r\n\r\n" + HEAD + b"X-More: " + b"x" * 100_000 + b"\r\n\r\n"
        )
        assert b"HTTP/1.1 431 " not in rest(connection)
    assert CALLED in ([], ["/stream"])


def test_what_is_refused_is_told_as_by_a_route(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "connections_per_address", 1)
    with connected(port, OTHER_ADDRESS), connected(port, OTHER_ADDRESS) as second:
        head, _, body = rest(second).partition(b"\r\n\r\n")
    told = Problem.model_validate_json(body)
    assert (told.code, told.retryable, told.retry_after) == ("too_many_connections", True, 10)
    headers = dict(line.split(": ", 1) for line in head.decode().lower().splitlines()[1:])
    assert headers["x-request-id"] == told.request_id
    assert headers["retry-after"] == "10"
    assert headers["content-type"] == "application/problem+json"


def test_headers_of_the_usual_size_pass(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(HEAD + b"X-More: " + b"x" * 30_000 + b"\r\nConnection: close\r\n\r\n")
        assert rest(connection).startswith(b"HTTP/1.1 200 ")


def test_an_address_has_so_many_connections_and_a_proxy_as_many_as_it_wants(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_protocol, "HEAD_SECONDS", 60.0)
    monkeypatch.setattr(settings(), "connections_per_address", 2)

    def is_served(address: str) -> bool:
        with connected(port, address) as connection:
            connection.sendall(HEAD + b"Connection: close\r\n\r\n")
            return rest(connection).startswith(b"HTTP/1.1 200 ")

    with connected(port, OTHER_ADDRESS), connected(port, OTHER_ADDRESS):
        with connected(port, OTHER_ADDRESS) as third:
            refusal = rest(third)
        with connected(port), connected(port), connected(port):
            assert is_served("127.0.0.1")
    assert refusal.startswith(b"HTTP/1.1 429 ")
    assert json.loads(refusal.partition(b"\r\n\r\n")[2])["code"] == "too_many_connections"
    until(lambda: is_served(OTHER_ADDRESS), seconds=10, what="a free connection")
