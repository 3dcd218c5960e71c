"""HTTP load generator: keep-alive connections over plain sockets in one event loop.

An HTTP client library would use more of the two cores than the server; this takes about 50 µs per request.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import cycle, islice
from typing import Any, Final

import uvloop

_LENGTH: Final = b"content-length: "
_OK: Final = b"HTTP/1.1 200 "


@dataclass
class Load:
    """Result: seconds of each request, from when it was due to the end of its response."""

    seconds: float
    latencies: list[float] = field(default_factory=list)
    own_cpu: float = 0.0

    @property
    def per_second(self) -> float:
        return len(self.latencies) / self.seconds


@dataclass
class _Connection:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, request: bytes) -> None:
        self.writer.write(request)
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = head.index(_LENGTH) + len(_LENGTH)
        body = await self.reader.readexactly(int(head[length : head.index(b"\r\n", length)]))
        assert head.startswith(_OK), head + body


@asynccontextmanager
async def _connection(port: int) -> AsyncIterator[_Connection]:
    connection = _Connection(*await asyncio.open_connection("127.0.0.1", port))
    try:
        yield connection
    finally:
        connection.writer.close()


def get(path: str, key: str = "") -> bytes:
    """The bytes of a GET request."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-API-Key: {key}\r\n\r\n".encode()


def closed_loop(port: int, requests: Sequence[bytes], *, connections: int, seconds: float) -> Load:
    """Closed loop: each connection sends its next request as soon as it has the response."""
    load = Load(seconds)

    async def send_repeatedly(number: int) -> None:
        end = time.monotonic() + seconds
        mine = islice(cycle(requests), number, None)
        async with _connection(port) as connection:
            while (began := time.monotonic()) < end:
                await connection.send(next(mine))
                load.latencies.append(time.monotonic() - began)

    return _run(load, (send_repeatedly(number) for number in range(connections)))


def open_loop(port: int, requests: Sequence[bytes], *, every: float, seconds: float) -> Load:
    """Open loop: one poller per request, which sends it `every` so many seconds; pollers are spread over that time.

    Latencies count from when a request was due, so a slow response is not hidden by delaying the next request
    (coordinated omission).
    """
    load = Load(seconds)
    begin = time.monotonic() + 1

    async def poll(number: int, request: bytes) -> None:
        due = begin + every * number / len(requests)
        async with _connection(port) as connection:
            while due < begin + seconds:
                await asyncio.sleep(due - time.monotonic())
                await connection.send(request)
                load.latencies.append(time.monotonic() - due)
                due += every

    return _run(load, (poll(number, request) for number, request in enumerate(requests)))


def _run(load: Load, pollers: Iterator[Coroutine[Any, Any, None]]) -> Load:
    async def together() -> None:
        await asyncio.gather(*pollers)

    cpu = time.process_time()
    uvloop.run(together())
    load.own_cpu = time.process_time() - cpu
    return load
