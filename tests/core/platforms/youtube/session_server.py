"""Fake of Google's resumable upload server, for one session."""

import re
from collections import deque
from collections.abc import Iterable
from typing import Any

import httpx

ADDRESS = "https://www.googleapis.com/upload/youtube/v3/videos?uploadType=resumable&upload_id=its-secret"
# Faults: the request never counts, or it counts and the answer does not come.
LOST, LOST_ANSWER = httpx.ReadError("connection reset"), httpx.RemoteProtocolError("disconnected")
_BYTES = re.compile(r"bytes (\d+)-(\d+)/(\d+)")


class SessionServer:
    """Takes pieces in order, legal ones only, and makes one video of them. `faults` happen to the first pieces."""

    def __init__(self, size: int, step: int, faults: Iterable[Exception | int | None] = ()) -> None:
        self.size = size
        self.step = step
        self.faults = deque(faults)
        self.data = bytearray()
        self.pieces: list[tuple[int, int]] = []
        self.probes = 0
        self.gone = False
        self.status: dict[str, Any] = {"uploadStatus": "uploaded"}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        assert str(request.url) == ADDRESS
        assert int(request.headers["content-length"]) == len(request.content)
        if request.headers["content-range"] == f"bytes */{self.size}":
            self.probes += 1
            return self.standing()
        fault = self.faults.popleft() if self.faults else None
        if isinstance(fault, int):
            return httpx.Response(fault)
        if fault is LOST:
            raise LOST
        self._take(request)
        if fault is LOST_ANSWER:
            raise LOST_ANSWER
        return self.standing()

    def _take(self, request: httpx.Request) -> None:
        match = _BYTES.fullmatch(request.headers["content-range"])
        assert match
        start, end, total = int(match[1]), int(match[2]) + 1, int(match[3])
        assert total == self.size
        assert len(request.content) == end - start
        assert start == len(self.data)
        assert end == self.size or (end - start) % self.step == 0
        self.pieces.append((start, end))
        self.data += request.content

    def standing(self) -> httpx.Response:
        if self.gone:
            return httpx.Response(404, text="Not Found")
        if len(self.data) == self.size:
            return httpx.Response(201, json={"kind": "youtube#video", "id": "dQw4w9WgXcQ", "status": self.status})
        return httpx.Response(308, headers={"Range": f"bytes=0-{len(self.data) - 1}"} if self.data else {})
