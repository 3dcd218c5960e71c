"""HTTP server that sends one byte of its response a second, without end."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Final

_HEAD: Final = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000000\r\n\r\n"


@contextmanager
def slow_response_server() -> Iterator[int]:
    """Its port on loopback."""
    loop, port = asyncio.new_event_loop(), Future[int]()
    serving = loop.create_task(_serve(port))
    thread = threading.Thread(target=loop.run_until_complete, args=[asyncio.wait([serving])])
    thread.start()
    try:
        yield port.result()
    finally:
        loop.call_soon_threadsafe(serving.cancel)
        thread.join()
        loop.close()


async def _serve(port: Future[int]) -> None:
    connections: set[asyncio.Task[None]] = set()

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.add(asyncio.create_task(_drip(reader, writer)))

    async with await asyncio.start_server(begin, "127.0.0.1", 0) as server:
        port.set_result(server.sockets[0].getsockname()[1])
        try:
            await asyncio.Event().wait()
        finally:
            for connection in connections:
                connection.cancel()
            await asyncio.gather(*connections, return_exceptions=True)


async def _drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(_HEAD)
        while not writer.is_closing():
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(1)
    except (ConnectionError, asyncio.IncompleteReadError):
        return
    finally:
        writer.close()
