"""Scripted HTTP transport, and posts to send over it."""

import json
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx

from content_pipeline.core.media.media_info import MediaInfo
from content_pipeline.core.platforms.base import Access, Post, Video
from content_pipeline.core.platforms.options import PostOptions

ACCESS = Access(user_id="17841400000000001", token="a-token-that-nobody-may-see-" + "x" * 40)
REEL = MediaInfo(
    seconds=12.0,
    has_audio=True,
    has_video=True,
    width=1080,
    height=1920,
    frames_per_second=30.0,
    video_codec="h264",
    audio_codec="aac",
    container="mov",
    bytes=0,
)


@dataclass(frozen=True)
class Answer:
    status: int = 200
    body: Any = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


# The other end took the request and closed the connection.
DROPPED = httpx.RemoteProtocolError("Server disconnected without sending a response.")
UNREACHABLE = httpx.ConnectError("No route to host")


class Wire:
    """Answers requests by how their paths end, in the order of their answers; the last answer is given ever again."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self._answers: dict[str, deque[Answer | httpx.TransportError]] = defaultdict(deque)

    def on(self, ending: str, *answers: Answer | httpx.TransportError) -> "Wire":
        self._answers[ending] = deque(answers)
        return self

    def sent(self, ending: str) -> list[httpx.Request]:
        return [request for request in self.requests if request.url.path.endswith(ending)]

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        endings = [ending for ending in self._answers if request.url.path.endswith(ending)]
        assert endings, f"nobody expected {request.method} {request.url.path}"
        answers = self._answers[max(endings, key=len)]
        answer = answers.popleft() if len(answers) > 1 else answers[0]
        if isinstance(answer, httpx.TransportError):
            raise answer
        return httpx.Response(answer.status, json=answer.body, headers=dict(answer.headers))


def form(request: httpx.Request) -> dict[str, str]:
    return dict(parse_qsl(request.content.decode(), keep_blank_values=True))


def body(request: httpx.Request) -> Any:
    return json.loads(request.content)


def make_post(folder: Path, options: PostOptions, content: bytes = b"a video", **media: Any) -> Post:
    """A post of a short Reel of these bytes, with other facts where they are named."""
    path = folder / "reel.mp4"
    path.write_bytes(content)
    info = replace(REEL, **{"bytes": len(content), **media})
    video = Video(path=path, link="https://bucket.example/reel.mp4?X-Amz-Signature=secret", media=info)
    return Post(text="Hello there\n\n#one", title=None, hashtags=["one"], options=options, video=video)
