"""FastAPI route classes of uploads: limits of size, rate, concurrency and disk, checked before the body is read."""

import tempfile
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any, ClassVar, Final

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.types import Message, Receive

from api.deps import caller_of, needed_scope
from api.limits.body_limits import DEFAULT_BYTES, BodyLimit, check_size
from api.limits.concurrency.concurrency_limit import ConcurrencyLimit, client_of
from api.limits.form_limits import FormLimit
from api.limits.volume_limits import VolumeLimit
from content_pipeline.core.bulk import csv_reader
from content_pipeline.core.infrastructure import disk_space
from content_pipeline.core.settings import settings
from content_pipeline.core.workspaces.caller import Caller

UPLOADS: Final = ConcurrencyLimit("send a file", most=32, per_client=4)
# A thread that reads a CSV computes, and others wait for the interpreter: reading tasks beside four took 13 times as
# long (bench/noisy_neighbor.py).
CSV_UPLOADS: Final = ConcurrencyLimit("send a CSV", most=8, per_client=1)
# One of 1.2 MB computes for 10 ms. Reading tasks beside eight a second took 2.0 to 2.5 times as long, and 1.4 times
# with this limit (99 %; bench/noisy_neighbor.py).
FORMS: Final = VolumeLimit("multipart/form-data", "forms", most=30, seconds=15)
# Each megabyte of scripts computes for 0.07 s. Reading tasks beside 20 CSVs of 0.25 MB a second took 4 times as long,
# 2.2 times with 24 MB a minute, 2.0 to 2.1 with 12, and 1.5 with 8.
CSV_VOLUME: Final = VolumeLimit("CSVs", "bytes", most=8_000_000)
# Overhead of a multipart form: boundaries, headers, the other fields.
_FORM_BYTES: Final = 160_000
# A CSV takes some memory for each of its bytes; the rest is for the form.
CSV_BYTES: Final = csv_reader.MAX_BYTES + 1_000_000
# A client that sends less, 80 kbit/s, holds its slot for nothing.
BYTES_PER_SECOND: Final = 10_000
# Bodies are kept in temporary files, on a disk that other parts of the host need too.
FREE_DISK_BYTES: Final = 1_000_000_000


class UploadRoute(APIRoute):
    """A route whose body may be as large as the caller's plan allows, and take as long as a download may."""

    concurrency: ClassVar = UPLOADS

    @staticmethod
    def most_bytes(caller: Caller) -> int:
        return caller.plan.upload_bytes + _FORM_BYTES

    async def charged(self, client: str, length: int | None, receive: Receive) -> Receive:
        """`receive` of a multipart form, charged to the route's volume limit before it is parsed. Of media the number
        counts, because only their headers are examined."""
        await FORMS.take(client, 1)
        return receive

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_upload(request: Request) -> Response:
            limit: BodyLimit = request.state.body_limit
            caller = caller_of(request)
            # The route checks it too, when the file has arrived.
            caller.check(needed_scope(self, request.method))
            form = FormLimit(request.headers.get("content-type", ""))
            # Other forms have no files.
            limit.bytes = self.most_bytes(caller) if form.is_multipart else DEFAULT_BYTES
            limit.most_seconds, limit.bytes_per_second = settings().fetch_seconds, BYTES_PER_SECOND
            client, header = client_of(request), request.headers.get("content-length")
            length = int(header) if header else None
            expected = limit.bytes if length is None else length
            check_size(expected, limit)
            async with self.concurrency.slot(client):
                receive = form.applied_to(request.receive)
                if form.is_multipart:
                    receive = await self.charged(client, length, receive)
                with TEMPORARY_SPACE.reserved(expected):
                    return await handle(Request(request.scope, receive))

        return handle_upload


class CsvRoute(UploadRoute):
    """A route that takes a CSV."""

    concurrency = CSV_UPLOADS

    @staticmethod
    def most_bytes(caller: Caller) -> int:
        return CSV_BYTES

    async def charged(self, client: str, length: int | None, receive: Receive) -> Receive:
        take = partial(CSV_VOLUME.take, client)
        if length is None:
            return _counted(receive, take)
        await take(length)
        return receive


def _counted(receive: Receive, take: Callable[[int], Awaitable[None]]) -> Receive:
    """`receive`, which hands the size of the body to `take` when all of it has come, and before it is parsed."""
    received = 0

    async def counted() -> Message:
        nonlocal received
        message = await receive()
        if message["type"] == "http.request":
            received += len(message.get("body", b""))
            if not message.get("more_body", False):
                await take(received)
        return message

    return counted


class _TemporarySpace:
    """Room for temporary files. What has been written of one already is counted twice, to the safe side."""

    def __init__(self) -> None:
        self._reserved = 0
        self._lock = Lock()

    def check(self, size: int) -> None:
        """Raises Unavailable `disk_full`."""
        disk_space.check(Path(tempfile.gettempdir()), self._reserved + size, left=FREE_DISK_BYTES)

    @contextmanager
    def reserved(self, size: int) -> Iterator[None]:
        """Raises Unavailable `disk_full`."""
        with self._lock:
            self.check(size)
            self._reserved += size
        try:
            yield
        finally:
            with self._lock:
                self._reserved -= size


TEMPORARY_SPACE: Final = _TemporarySpace()
