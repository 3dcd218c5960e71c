"""Forwards TCP ports of an address of the test network to loopback, where the embedded services of the stack listen."""

import asyncio
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress


@contextmanager
def forwarded(address: str, ports: Iterable[int]) -> Iterator[None]:
    """Forward each of `ports` during the block."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        servers = [asyncio.run_coroutine_threadsafe(_listen(address, port), loop).result(timeout=10) for port in ports]
        try:
            yield
        finally:
            for server in servers:
                loop.call_soon_threadsafe(server.close)
            asyncio.run_coroutine_threadsafe(_end_connections(), loop).result(timeout=10)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _listen(address: str, port: int) -> asyncio.Server:
    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there_reader, there_writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            writer.close()
            return
        with suppress(asyncio.CancelledError):  # at the end of the test: asyncio would log it for each connection
            await asyncio.gather(_copy(reader, there_writer), _copy(there_reader, writer))

    return await asyncio.start_server(forward, address, port)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        with suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        writer.close()
    except asyncio.CancelledError:
        writer.transport.abort()  # what is still to be sent to a host that is cut off would keep it open
        raise


async def _end_connections() -> None:
    """Connections to a host that is cut off do not end by themselves."""
    ended = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in ended:
        task.cancel()
    await asyncio.gather(*ended, return_exceptions=True)
