"""Noisy neighbor: `GET /tasks/{id}` of one key while another key does its worst on each route.

Its worst is whatever waits: names that nobody resolves, and servers that drip, which are the remote files, the
platforms, the language model, HeyGen and ZeroMemory at once. It sends as its plan allows, and comes again when it is
told to. Each route has an API process of its own beside the stack's, so that none inherits what another left behind.
"""

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Final
from uuid import uuid4

import httpx

from bench.environment import Environment
from bench.figures import Figure, Reference, Target, quantile
from bench.load_generator import get, open_loop
from bench.slow_dns_app import DOMAIN
from bench.slow_response_server import slow_response_server
from tests.stack.harness import REDIRECT_URI, free_port, until

POLLERS: Final = 50
EVERY: Final = 0.5
# Of the noisy key, at a time: more than the API has threads.
REQUESTS: Final = 60
# Between two requests of a connection: 20 a second in all, which its plan allows.
PAUSE_SECONDS: Final = 3.0
# The first requests to a process open connections, and read keys and modules.
WARM_UP_SECONDS: Final = 2.0
# Until its requests are where they stay.
RAMP_SECONDS: Final = 5.0

_BASE: Final = "/api/v1/public"
# What was accepted must not keep the cores busy while the next one is measured.
_CANCEL_ALL: Final = """
update tasks set state = 'canceled', finished_at = now() where state in ('queued', 'processing', 'waiting')
and workspace_id = (select id from workspaces where name = :workspace)"""
_BODY: Final = b'--b\r\nContent-Disposition: form-data; name="audio_file"; filename="a"\r\n\r\n'


@dataclass(frozen=True)
class Noise:
    """What the noisy key knows: an API process, its own key and twin, and the address of a video that drips."""

    port: int
    key: str
    twin: str
    video: str


# One request of the noisy key, with its number.
Send = Callable[[httpx.AsyncClient, Noise, int], Awaitable[httpx.Response]]


async def _submit_csv(client: httpx.AsyncClient, noise: Noise, number: int) -> httpx.Response:
    rows = [f"Hello.,https://{number}-{row}{DOMAIN}/" for row in range(100)]
    # The last row is refused, so that no reels are rendered on the cores that are measured.
    file = "\n".join(["script,background_url", *rows[1:], ",https://8.8.8.8/"])
    form = {"twin_id": noise.twin, "platform": "tiktok"}
    return await client.post("/bulk/reels", files={"csv_file": ("a.csv", file)}, data=form)


async def _connect(client: httpx.AsyncClient, _: Noise, __: int) -> httpx.Response:
    started = await client.post("/social/connect/tiktok", json={"redirect_uri": REDIRECT_URI})
    if not started.is_success:
        return started
    state = httpx.URL(started.json()["authorize_url"]).params["state"]
    return await client.get("/social/callback/tiktok", params={"state": state, "code": "some"})


def _post(path: str, **body: object) -> Send:
    """Texts may hold `{number}` and the fields of Noise."""

    async def send(client: httpx.AsyncClient, noise: Noise, number: int) -> httpx.Response:
        fields = {"number": number, "twin": noise.twin, "video": noise.video}
        filled = {name: value.format(**fields) if isinstance(value, str) else value for name, value in body.items()}
        return await client.post(path.format(**fields), json=filled)

    return send


def _caption(client: httpx.AsyncClient, _: Noise, number: int) -> Awaitable[httpx.Response]:
    return client.post("/captions/generate", data={"reel_url": f"http://{number}{DOMAIN}/a.mp4"})


def _avatars(client: httpx.AsyncClient, _: Noise, __: int) -> Awaitable[httpx.Response]:
    return client.get("/avatars")


_REQUESTS: Final[dict[str, Send]] = {
    "CSVs of slow names": _submit_csv,
    "dry runs": _post(
        "/social/publish?dry_run=true", twin_id="{twin}", reel_url="{video}", caption="Hello.", platforms=["tiktok"]
    ),
    "captions by link": _caption,
    "webhooks": _post("/webhooks", url=f"https://{{number}}{DOMAIN}/"),
    "calendar items": _post(
        "/content/calendar",
        twin_id="{twin}",
        platform="tiktok",
        title="Hello",
        scheduled_at="2030-01-01T00:00:00Z",
        reel_url=f"http://{{number}}{DOMAIN}/a.mp4",
    ),
    "composing": _post("/twins/{twin}/compose", script="Hello there.", platform="tiktok"),
    "recall": _post("/memory/v2/recall", namespace="twin_{twin}", query="Hello"),
    "avatars": _avatars,
    "connecting accounts": _connect,
}


def measure(environment: Environment) -> Iterator[Figure]:
    workspace = f"bench-{uuid4()}"
    keys = environment.keys(4, workspace)
    tasks = environment.waiting_tasks(POLLERS, workspace)
    requests = [get(f"/api/v1/tasks/{task}", keys[number % len(keys)]) for number, task in enumerate(tasks)]
    seconds = 5 if environment.quick else 15
    poll = partial(_milliseconds, requests, seconds)
    noisy_workspace = f"bench-{uuid4()}"
    with environment.stack.client(noisy_workspace) as noisy, slow_response_server() as drip:
        twin = noisy.create_twin()
        for name, make_noise in _NOISES.items():
            environment.idle()
            with _api(environment, drip, has_zeromemory=name == "recall") as port:
                _milliseconds(requests, WARM_UP_SECONDS, port)
                idle = poll(port)
                noise = Noise(port, noisy.http.headers["X-API-Key"], twin, f"http://localhost:{drip}/a.mp4")
                with _in_background(partial(make_noise, noise)):
                    time.sleep(RAMP_SECONDS)
                    found = poll(port)
            environment.stack.sql(_CANCEL_ALL, workspace=noisy_workspace)
            reference = Reference("with nobody else", quantile(idle, 0.99))
            what = f"task reads beside {name}, 99 %"
            yield Figure(what, quantile(found, 0.99), "ms", reference, Target(2, of="ratio"), len(found))
    environment.stack.sql("delete from tasks where id = any(:ids)", ids=tasks)


def _milliseconds(requests: list[bytes], seconds: float, port: int) -> list[float]:
    return [latency * 1000 for latency in open_loop(port, requests, every=EVERY, seconds=seconds).latencies]


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
            reader, writer = await asyncio.open_connection("127.0.0.1", noise.port)
            writer.write(begun)
            closed = asyncio.create_task(reader.read())
            while not closed.done():
                writer.write(b"x")
                await asyncio.wait([closed], timeout=0.05 if connections == REQUESTS else 1)
            writer.close()
            await asyncio.sleep(1)

    await asyncio.gather(*(again_and_again() for _ in range(connections)))


_NOISES: Final[dict[str, Callable[[Noise], Awaitable[None]]]] = {
    **{name: partial(_send_requests, send) for name, send in _REQUESTS.items()},
    "uploads that drip": _drip_uploads,
    "unfinished heads": _drip_heads,
}


@contextmanager
def _in_background(make_noise: Callable[[], Awaitable[None]]) -> Iterator[None]:
    loop = asyncio.new_event_loop()
    work = loop.create_task(make_noise())  # type: ignore[arg-type]  # these are coroutines
    thread = threading.Thread(target=loop.run_until_complete, args=[asyncio.wait([work])], daemon=True)
    thread.start()
    try:
        yield
        assert not work.done(), work
    finally:
        loop.call_soon_threadsafe(work.cancel)
        thread.join()
        loop.close()


@contextmanager
def _api(environment: Environment, drip: int, *, has_zeromemory: bool) -> Iterator[int]:
    """An API like the stack's (cli/services.py), on the same database, for which all other servers drip. Its port.

    Composing asks ZeroMemory first, and would not come to the language model.
    """
    port = free_port()
    url = f"http://127.0.0.1:{drip}"
    servers = {
        "SANDBOX_URL": url,
        "TEXT_URL": url,
        "HEYGEN_URL": url,
        "HEYGEN_API_KEY": "some",
        "AVATAR_PROVIDER": "heygen",
        **({"ZEROMEMORY_URL": url, "ZEROMEMORY_TOKEN": "some"} if has_zeromemory else {}),
        "ALLOWED_PRIVATE_HOSTS": f"localhost:{drip}",
    }
    variables = {**environment.stack.env, **{f"CONTENT_PIPELINE_{name}": value for name, value in servers.items()}}
    listen = ["--host", "127.0.0.1", "--port", str(port), "--no-access-log", "--log-level", "critical"]
    protocol = ["--http", "api.http_protocol:HttpProtocol", "--ws", "none", "--timeout-graceful-shutdown", "1"]
    command = [sys.executable, "-m", "uvicorn", "bench.slow_dns_app:app", *listen, *protocol]
    server = subprocess.Popen(command, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until(lambda: _answers(port), seconds=60, what="the API")
        yield port
    finally:
        server.kill()
        server.wait(10)


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health/live").is_success
    except httpx.ConnectError:
        return False
