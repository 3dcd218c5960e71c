"""Requests of a noisy key, for noisy_neighbor.py: `python -m bench.noise NAME`, with a `Noise` in JSON on its input.

In a process of its own, which computes beside the one that measures and not in it.
"""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from itertools import count
from typing import Final
from uuid import uuid4

import httpx

from api.json_routes import LARGE_BYTES, MAX_LARGE_VALUES, MAX_VALUES
from api.limits.body_limits import DEFAULT_BYTES
from api.routes.captions import MAX_TEXT_CHARACTERS
from bench.noisy_neighbor_seed import SeededWorkspace
from bench.slow_dns_app import DOMAIN
from content_pipeline.core.avatars import heygen_events
from content_pipeline.core.platforms.accounts import oauth_flow
from tests.media.samples import SPEECH
from tests.stack.client import REDIRECT_URI

# This many requests are open at a time: more than the API has threads.
REQUESTS: Final = 60
# Each connection pauses for this time between two requests: that makes 20 a second in all, which the plan allows.
PAUSE_SECONDS: Final = 3.0

# What the machine makes of busy cores alone.
CONTROL: Final = "processes that compute"

_BASE: Final = "/api/v1/public"
_JSON: Final = {"Content-Type": "application/json"}
_URL_ENCODED: Final = "application/x-www-form-urlencoded"
_BODY: Final = b'--b\r\nContent-Disposition: form-data; name="audio_file"; filename="a"\r\n\r\n'


@dataclass(frozen=True)
class Noise:
    """What the noisy key knows: its workspace, an API process, its own key, an open task, and the address of a video
    that drips."""

    workspace: SeededWorkspace
    port: int
    key: str
    task: str
    video: str

    @property
    def fields(self) -> dict[str, object]:
        return vars(self) | vars(self.workspace)


# One request of the noisy key, with its number.
Send = Callable[[httpx.AsyncClient, Noise, int], Awaitable[httpx.Response]]


def _get(path: str, **headers: str) -> Send:
    """The path may hold the fields of Noise and of its workspace."""

    def send(client: httpx.AsyncClient, noise: Noise, number: int) -> Awaitable[httpx.Response]:
        return client.get(path.format(**noise.fields), headers=headers)

    return send


def _post(path: str, **body: object) -> Send:
    """Texts may hold `{number}`, and what a path may hold."""

    async def send(client: httpx.AsyncClient, noise: Noise, number: int) -> httpx.Response:
        fields = {**noise.fields, "number": number}
        filled = {name: value.format(**fields) if isinstance(value, str) else value for name, value in body.items()}
        return await client.post(path.format(**fields), json=filled)

    return send


def _send_json(method: str, path: str, body: bytes) -> Send:
    def send(client: httpx.AsyncClient, noise: Noise, number: int) -> Awaitable[httpx.Response]:
        return client.request(method, path.format(**noise.fields), content=body, headers=_JSON)

    return send


def _list(field: str, entry: str) -> bytes:
    """An object whose field is a list of as many entries as the API parses."""
    by_size = (LARGE_BYTES - 50) // (len(entry) + 1)
    by_values = MAX_LARGE_VALUES // (entry.count(",") + 1)
    return f'{{"{field}":[{",".join([entry] * min(by_size, by_values))}]}}'.encode()


def _submit_csv(*rows: str) -> Send:
    """`rows` may hold `{number}` and `{row}`; the last row is refused, so that no reels are rendered on the cores that
    are measured."""

    async def send(client: httpx.AsyncClient, noise: Noise, number: int) -> httpx.Response:
        filled = [text.format(number=number, row=row) for row, text in enumerate(rows)]
        file = "\n".join(["script,background_url", *filled, ",https://8.8.8.8/"])
        form = {"twin_id": noise.workspace.twin, "platform": "tiktok"}
        return await client.post("/bulk/reels", files={"csv_file": ("a.csv", file)}, data=form)

    return send


async def _connect(client: httpx.AsyncClient, _: Noise, __: int) -> httpx.Response:
    started = await client.post("/social/connect/tiktok", json={"redirect_uri": REDIRECT_URI})
    if not started.is_success:
        return started
    state = httpx.URL(started.json()["authorize_url"]).params["state"]
    return await client.get("/social/callback/tiktok", params={"state": state, "code": "some"})


def _caption(client: httpx.AsyncClient, _: Noise, number: int) -> Awaitable[httpx.Response]:
    return client.post("/captions/generate", data={"reel_url": f"http://{number}{DOMAIN}/a.mp4"})


def _upload(client: httpx.AsyncClient, _: Noise, __: int) -> Awaitable[httpx.Response]:
    """A file that is examined, and is none of the media that are taken."""
    return client.post("/captions/generate", files={"audio_file": ("a.mp4", b"\x00\x00\x00\x18ftypmp42" * 100_000)})


def _separators(content_type: str, begin: bytes, separator: bytes) -> Send:
    """A form of 100 kB that has no parts, or one without end."""
    body = begin + separator * (100_000 // len(separator))

    def send(client: httpx.AsyncClient, _: Noise, __: int) -> Awaitable[httpx.Response]:
        return client.post("/captions/generate", content=body, headers={"Content-Type": content_type})

    return send


def _align(client: httpx.AsyncClient, _: Noise, number: int) -> Awaitable[httpx.Response]:
    """The longest text, of a recording that is not there."""
    form = {"reel_url": f"http://{number}{DOMAIN}/a.mp4", "text": (_SENTENCE * 1000)[:MAX_TEXT_CHARACTERS]}
    return client.post("/captions/align", data=form)


_begin: Final = _post("/uploads/multipart", file_name="a.mp4", size=1_000_000_000)


async def _begin_and_drop(client: httpx.AsyncClient, noise: Noise, number: int) -> httpx.Response:
    begun = await _begin(client, noise, number)
    if not begun.is_success:
        return begun
    return await client.delete(f"/uploads/multipart/{begun.json()['id']}")


async def _get_links(client: httpx.AsyncClient, noise: Noise, number: int) -> httpx.Response:
    listed = await client.get("/uploads/multipart?limit=1")
    if not listed.is_success or not listed.json():
        return await _begin(client, noise, number)
    return await client.get(f"/uploads/multipart/{listed.json()[0]['id']}")


def _keep(client: httpx.AsyncClient, _: Noise, __: int) -> Awaitable[httpx.Response]:
    """A sound that is examined and kept, until there is no more room for it."""
    return client.post("/uploads", files={"file": ("a.wav", SPEECH.read_bytes())})


def _list_tools(client: httpx.AsyncClient, noise: Noise, number: int) -> Awaitable[httpx.Response]:
    return client.post(
        f"http://127.0.0.1:{noise.port}/mcp",
        json={"jsonrpc": "2.0", "id": number, "method": "tools/list", "params": {}},
        headers={"Authorization": f"Bearer {noise.key}", "Accept": "application/json, text/event-stream"},
    )


def _wrong_key(client: httpx.AsyncClient, _: Noise, number: int) -> Awaitable[httpx.Response]:
    return client.get("/tasks", headers={"X-API-Key": f"sk_{number}"})


def _outside(method: str, path: str, body: bytes = b"", **headers: str) -> Send:
    """A path that is not below `/api/v1/public`."""

    def send(client: httpx.AsyncClient, noise: Noise, number: int) -> Awaitable[httpx.Response]:
        return client.request(method, f"http://127.0.0.1:{noise.port}{path}", content=body, headers=headers)

    return send


_SENTENCE: Final = "Here is what nobody tells you about growing an audience, and why it takes so long. "
_POST: Final[dict[str, object]] = {"twin_id": "{twin}", "caption": "Hello.", "platforms": ["tiktok"]}
_ITEM: Final[dict[str, object]] = {
    "twin_id": "{twin}",
    "platform": "tiktok",
    "title": "Hello",
    "scheduled_at": "2030-01-01T00:00:00Z",
}
_SEGMENT: Final = '{"start":0,"end":1,"text":"Hello there."}'
_EDIT: Final = f"/captions/{uuid4()}"

_REQUESTS: Final[dict[str, Send]] = {
    # names and servers that do not answer
    "CSVs of slow names": _submit_csv(*[f"Hello.,https://{{number}}-{{row}}{DOMAIN}/"] * 99),
    "dry runs": _post("/social/publish?dry_run=true", reel_url="{video}", **_POST),
    "posts of slow names": _post("/social/publish", reel_url=f"http://{{number}}{DOMAIN}/a.mp4", **_POST),
    "captions by link": _caption,
    "webhooks": _post("/webhooks", url=f"https://{{number}}{DOMAIN}/"),
    "calendar items": _post("/content/calendar", reel_url=f"http://{{number}}{DOMAIN}/a.mp4", **_ITEM),
    "twins with pictures": _post(
        "/twins", name="Ann", voice_id="en-US", picture_url=f"https://{{number}}{DOMAIN}/a.jpg"
    ),
    "composing": _post("/twins/{twin}/compose", script="Hello there.", platform="tiktok"),
    "scripts": _post("/twins/{twin}/script", topic="A month of reels in one afternoon", platform="tiktok"),
    "recall at ZeroMemory": _post("/memory/v2/recall", namespace="twin_{twin}", query="Hello"),
    "avatars": _get("/avatars"),
    "alignments": _align,
    "avatar videos": _post("/multimodal/avatar/generate", twin_id="{twin}", script="Hello there."),
    "connecting accounts": _connect,
    # work that computes
    "CSVs of long scripts": _submit_csv(*[f'"{_SENTENCE * 29}",'] * 99),
    "recall": _post("/memory/v2/recall", namespace="twin_{full_twin}", query=_SENTENCE * 20),
    "composing by rules": _post("/twins/{full_twin}/compose", script=_SENTENCE * 100, platform="tiktok"),
    "memories": _post("/memory/v2/remember", namespace="twin_{twin}", content=_SENTENCE * 20),
    "edits of wrong segments": _send_json("PATCH", _EDIT, _list("segments", "{}")),
    "edits of long captions": _send_json("PATCH", _EDIT, _list("segments", _SEGMENT)),
    "ingested figures": _send_json("POST", "/analytics/ingest", _list("rows", "{}")),
    "large bodies": _send_json(
        "POST",
        "/memory/v2/remember",
        json.dumps({"content": "", "metadata": {"a": [{}] * (MAX_VALUES - 1)}}).encode(),
    ),
    "long texts": _send_json("POST", "/memory/v2/remember", b'{"content":"' + b"a" * (DEFAULT_BYTES - 50) + b'"}'),
    "uploads that are no media": _upload,
    "uploads that are kept": _keep,
    "forms of ampersands": _separators(_URL_ENCODED, b"", b"&"),
    "forms of delimiters": _separators("multipart/form-data; boundary=b", _BODY, b"\r\n--bX"),
    "queries of many parameters": _get("/tasks/{task}?" + "&".join(["a"] * 30_000)),
    "uploads in parts": _begin,
    "uploads in parts that are dropped": _begin_and_drop,
    "links of uploads in parts": _get_links,
    "samples of voices": _get("/voices/vits-joe/sample"),
    "tools of agents": _list_tools,
    "exports": _post("/analytics/social/export", days=365, grain="post"),
    "exports of the workspace": _post("/workspace/export", files=False),
    # reads
    "lists of tasks": _get("/tasks?limit=200"),
    "lists of batches": _get("/bulk/reels?limit=200"),
    "batches": _get("/bulk/reels/{batch}"),
    "lists of twins": _get("/twins?limit=200"),
    "lists of captions": _get("/captions?limit=200"),
    "reads of long captions": _get("/captions/{captions}"),
    "long captions as files": _get("/captions/{captions}.srt"),
    "lists of calendar items": _get("/content/calendar?limit=200"),
    "lists of uploads": _get("/uploads?limit=200"),
    "lists of accounts": _get("/social/accounts?limit=200"),
    "lists of deliveries": _get("/webhooks/{webhook}/deliveries?limit=200"),
    "lists of audit events": _get("/audit?limit=200"),
    "usage": _get("/usage"),
    "figures": _get("/analytics/social?days=731&timezone=America/Los_Angeles"),
    "summaries of figures": _get("/analytics/social/summary?days=365&timezone=America/Los_Angeles"),
    "figures of posts": _get("/analytics/posts?limit=200&days=731"),
    "best times": _get("/analytics/best-times?days=731&limit=168"),
    # what names nothing that is there
    "burn-ins of unknown captions": _post(f"/captions/{uuid4()}/burn-in"),
    "deletions of unknown twins": _send_json("DELETE", f"/twins/{uuid4()}", b""),
    "disconnecting accounts": _send_json("DELETE", "/social/disconnect/tiktok", b""),
    # what stays open, and what anybody may send
    "streams of a task": _get("/tasks/{task}/events"),
    "streams of a batch": _get("/bulk/reels/{batch}/events"),
    "waits for a task": _get("/tasks/{task}?wait=60"),
    "wrong keys": _wrong_key,
    "guessed callbacks": _outside(
        "POST", f"{oauth_flow.CALLBACK_PATH}/tiktok", b"&" * (DEFAULT_BYTES - 50), **{"Content-Type": _URL_ENCODED}
    ),
    "cookies": _outside("GET", "/health/live", Cookie='a="' + '\\"' * 30_000),
    "the OpenAPI document": _outside("GET", "/openapi.json"),
    "scripts of the page /docs": _outside("GET", "/swagger-ui/swagger-ui-bundle.js"),
    "pages of error codes": _outside("GET", "/errors"),
    "readiness": _outside("GET", "/health/ready"),
    "events of HeyGen": _outside("POST", heygen_events.PATH, b"{}"),
}


async def _send_requests(send: Send, noise: Noise) -> None:
    numbers = count()
    base_url, headers = f"http://127.0.0.1:{noise.port}{_BASE}", {"X-API-Key": noise.key}
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=base_url, headers=headers, timeout=None, limits=limits) as client:

        async def again_and_again() -> None:
            while True:
                pause = PAUSE_SECONDS
                # The server may close a connection that was kept alive just when it is used.
                with suppress(httpx.TransportError):
                    answer = await send(client, noise, next(numbers))
                    assert answer.status_code != HTTPStatus.INTERNAL_SERVER_ERROR, answer.text
                    pause = max(pause, float(answer.headers.get("Retry-After", 0)))
                await asyncio.sleep(pause)

        await asyncio.gather(*(again_and_again() for _ in range(REQUESTS)))


async def _drip_uploads(noise: Noise) -> None:
    """Uploads of which 20 bytes come in a second."""
    path = f"POST {_BASE}/captions/generate HTTP/1.1"
    form = "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 100000000"
    await _drip(noise, f"{path}\r\nHost: api\r\nX-API-Key: {noise.key}\r\n{form}\r\n\r\n".encode() + _BODY, REQUESTS)


async def _drip_heads(noise: Noise) -> None:
    """Requests whose headers do not end."""
    await _drip(noise, b"GET / HTTP/1.1\r\nHost: api\r\nX-More: ", 5 * REQUESTS)


async def _drip(noise: Noise, begun: bytes, connections: int) -> None:
    async def again_and_again() -> None:
        while True:
            with suppress(ConnectionError):
                reader, writer = await asyncio.open_connection("127.0.0.1", noise.port)
                writer.write(begun)
                closed = asyncio.create_task(reader.read())
                while not closed.done():
                    writer.write(b"x")
                    await asyncio.wait([closed], timeout=0.05 if connections == REQUESTS else 1)
                writer.close()
                await closed
            await asyncio.sleep(1)

    await asyncio.gather(*(again_and_again() for _ in range(connections)))


async def _compute(_: Noise) -> None:
    """Send nothing, and keep all cores busy at the priority of io workers (engine/worker.py)."""
    os.nice(5)
    parent, sender = os.getppid(), os.getpid()
    if any(os.fork() == 0 for _ in range(1, len(os.sched_getaffinity(0)))):
        while os.getppid() == sender:
            pass
        os._exit(0)
    while os.getppid() == parent:
        pass


NOISES: Final[dict[str, Callable[[Noise], Awaitable[None]]]] = {
    **{name: partial(_send_requests, send) for name, send in _REQUESTS.items()},
    "uploads that drip": _drip_uploads,
    "unfinished heads": _drip_heads,
    CONTROL: _compute,
}

if __name__ == "__main__":
    given = json.load(sys.stdin)
    noise = Noise(**given | {"workspace": SeededWorkspace(**given["workspace"])})
    asyncio.run(NOISES[sys.argv[1]](noise))  # type: ignore[arg-type]  # these are coroutines
