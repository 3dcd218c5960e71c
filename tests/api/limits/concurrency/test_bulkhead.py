"""Routes that wait for other servers: no other route waits for them, and no key takes all of their slots."""

import socket
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import anyio
import httpx
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from fastapi.sse import EventSourceResponse
from fastapi.testclient import TestClient

from api import logs
from api.limits.concurrency import bulkhead, concurrency_limit
from api.limits.concurrency.bulkhead import in_bulkhead, iterate
from api.limits.concurrency.concurrency_limit import ConcurrencyLimit
from content_pipeline.core.errors import Error, TooManyRequests, Unavailable
from content_pipeline.core.infrastructure import s3_multipart
from content_pipeline.core.infrastructure.database import engine, transaction
from content_pipeline.core.infrastructure.net import safe_fetch
from content_pipeline.core.models import Twin
from tests.api.conftest import PUBLIC
from tests.core.lock_waits import is_lock_awaited
from tests.polling import until
from tests.servers import serving


@pytest.fixture
def slow_name(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """The host "slow.example" resolves only once this event is set."""
    answered, resolve = threading.Event(), socket.getaddrinfo

    def look_up(host: str, *rest: Any, **options: Any) -> Any:
        if host == "slow.example":
            answered.wait()
            host = "8.8.8.8"
        return resolve(host, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(safe_fetch, "DNS_TIMEOUT_SECONDS", 60.0)
    yield answered
    answered.set()


@pytest.fixture
def base_url(app: FastAPI) -> Iterator[str]:
    with serving(app) as url:
        yield f"{url}{PUBLIC}"


def wait_for_the_name(base_url: str, client: TestClient) -> httpx.Response:
    body = {"url": "https://slow.example/"}
    return httpx.post(f"{base_url}/webhooks", json=body, headers=client.headers, timeout=60)


@pytest.mark.slow
def test_one_key_that_waits_for_other_servers_holds_up_no_other(
    base_url: str, connect: Callable[..., TestClient], slow_name: threading.Event
) -> None:
    busy = connect()
    with ThreadPoolExecutor(45) as pool:
        waiting = [pool.submit(wait_for_the_name, base_url, busy) for _ in range(45)]
        until(lambda: any(one.running() for one in waiting), seconds=10, what="requests that wait")
        answers = [httpx.get(f"{base_url}/tasks", headers=connect().headers, timeout=8) for _ in range(3)]
        slow_name.set()
        outcomes = {one.result().status_code for one in waiting}
    assert [answer.status_code for answer in answers] == [200] * 3
    assert outcomes <= {201, 429}
    assert 201 in outcomes


@pytest.mark.slow
def test_one_key_that_waits_for_a_locked_row_holds_up_no_other(
    base_url: str, connect: Callable[..., TestClient]
) -> None:
    busy = connect()
    twin = busy.post(f"{PUBLIC}/twins", json={"name": "Ann", "voice_id": "en-US"}).json()["id"]

    def delete() -> int:
        return httpx.delete(f"{base_url}/twins/{twin}", headers=busy.headers, timeout=60).status_code

    with ThreadPoolExecutor(45) as pool:
        with transaction() as session:
            session.get_one(Twin, UUID(twin), with_for_update=True)
            waiting = [pool.submit(delete) for _ in range(45)]
            until(is_lock_awaited, seconds=10, what="requests that wait for the lock")
            answers = [httpx.get(f"{base_url}/tasks", headers=connect().headers, timeout=8) for _ in range(3)]
        outcomes = {one.result() for one in waiting}
    assert [answer.status_code for answer in answers] == [200] * 3
    assert 204 in outcomes


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "table", "status"),
    [("captions", "captions", 200), ("bulk/reels/5bc41d91-867a-4ccb-821a-2b9544c45719/events", "batches", 404)],
    ids=["lists", "streams"],
)
def test_reads_of_one_key_that_take_long_leave_connections_for_the_reads_of_tasks(
    base_url: str, connect: Callable[..., TestClient], path: str, table: str, status: int
) -> None:
    busy, other = connect(), connect()

    def read() -> int:
        return httpx.get(f"{base_url}/{path}", headers=busy.headers, timeout=60).status_code

    with ThreadPoolExecutor(16) as pool:
        with engine().begin() as connection:
            connection.exec_driver_sql(f"lock table {table} in access exclusive mode")
            waiting = [pool.submit(read) for _ in range(16)]
            until(is_lock_awaited, seconds=10, what="reads that wait for the lock")
            answers = [httpx.get(f"{base_url}/tasks/unknown", headers=other.headers, timeout=8) for _ in range(3)]
        outcomes = {one.result() for one in waiting}
    assert [answer.status_code for answer in answers] == [404] * 3
    assert status in outcomes


def test_a_thread_that_computes_soon_gives_way_to_the_event_loop(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "configure", lambda: None)  # would stay configured for the tests that follow
    before = sys.getswitchinterval()
    try:
        with TestClient(app):
            assert sys.getswitchinterval() <= 0.0002
    finally:
        sys.setswitchinterval(before)


@pytest.mark.slow
def test_a_key_without_a_free_place_is_told_to_come_back_and_others_are_served(
    base_url: str,
    connect: Callable[..., TestClient],
    slow_name: threading.Event,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Longer than the bodies of six requests take to be parsed, which is one after the other.
    monkeypatch.setattr(concurrency_limit, "PATIENCE_SECONDS", 0.5)
    busy, other = connect(), connect()
    with ThreadPoolExecutor(bulkhead.OUTBOUND.per_client) as pool:
        held = [pool.submit(wait_for_the_name, base_url, busy) for _ in range(bulkhead.OUTBOUND.per_client)]
        refused = until(lambda: refusal(base_url, busy), seconds=10, what="a refusal")
        answer = httpx.post(f"{base_url}/twins", json={"name": "Ann", "voice_id": "en-US"}, headers=other.headers)
        slow_name.set()
        assert {one.result().status_code for one in held} == {201}
    assert answer.status_code == 201
    assert (refused.json()["code"], refused.json()["retryable"]) == ("too_many_at_once", True)
    assert int(refused.headers["Retry-After"]) >= 1
    assert refused.json()["remedy"]
    assert refusal(base_url, busy) is None


def refusal(base_url: str, client: TestClient) -> httpx.Response | None:
    answer = httpx.post(f"{base_url}/twins", json={"name": "Ann", "voice_id": "en-US"}, headers=client.headers)
    return answer if answer.status_code == 429 else None


def test_while_all_places_are_taken_a_client_that_has_none_is_told_that_it_is_not_its_doing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(concurrency_limit, "PATIENCE_SECONDS", 0.05)
    tested = ConcurrencyLimit("are tested", most=2, per_client=1)

    async def outcome(client: str) -> Error | None:
        try:
            async with tested.slot(client):
                return None
        except Error as error:
            return error

    async def three_clients() -> list[Error | None]:
        async with tested.slot("a"), tested.slot("b"):
            found = [await outcome("a"), await outcome("c")]
        return [*found, await outcome("a"), await outcome("c")]

    mine, busy, *after = anyio.run(three_clients)
    assert isinstance(mine, TooManyRequests)
    assert isinstance(busy, Unavailable)
    assert busy.retry_after
    assert after == [None, None]


def test_a_request_that_waits_for_a_place_gets_the_next_one() -> None:
    tested = ConcurrencyLimit("are tested", most=1, per_client=1)
    order: list[int] = []

    async def work(number: int) -> None:
        async with tested.slot("a"):
            order.append(number)
            await anyio.sleep(0)

    async def all_at_once() -> None:
        async with anyio.create_task_group() as group:
            for number in range(5):
                group.start_soon(work, number)

    anyio.run(all_at_once)
    assert order == list(range(5))


@pytest.mark.slow
def test_a_workspace_uses_the_object_store_one_at_a_time(
    base_url: str, connect: Callable[..., TestClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    """boto3 computes: with six at a time the event loop got too little of the interpreter."""
    monkeypatch.setattr(concurrency_limit, "PATIENCE_SECONDS", 0.05)
    begun, go_on, create = threading.Event(), threading.Event(), s3_multipart.create
    busy, other = connect(), connect()

    def create_slowly(key: str) -> str:
        if not begun.is_set():
            begun.set()
            go_on.wait(30)
        return create(key)

    def begin(client: TestClient) -> httpx.Response:
        body = {"file_name": "a.mp4", "size": 1}
        return httpx.post(f"{base_url}/uploads/multipart", json=body, headers=client.headers, timeout=60)

    monkeypatch.setattr(s3_multipart, "create", create_slowly)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(begin, busy)
        assert begun.wait(10)
        refused, others = begin(busy), begin(other)
        go_on.set()
        assert first.result().status_code == 201
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_at_once")
    assert others.status_code == 201


@pytest.mark.slow
def test_a_stream_holds_its_place_until_it_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(concurrency_limit, "PATIENCE_SECONDS", 0.05)
    slots = ConcurrencyLimit("are tested", most=1, per_client=1)
    told, closed, app = threading.Event(), threading.Event(), FastAPI()

    def tell() -> Generator[bytes]:
        try:
            yield b"data: one\n\n"
            told.wait(30)
            yield b"data: two\n\n"
        finally:
            closed.set()

    @app.get("/stream")
    @in_bulkhead(slots, until="request")
    def stream() -> EventSourceResponse:
        return EventSourceResponse(iterate(tell()))

    @app.get("/other")
    @in_bulkhead(slots)
    def other() -> int:
        return 1

    @app.exception_handler(Error)
    async def refuse(_: Request, error: Error) -> JSONResponse:
        return JSONResponse({"code": error.code}, error.status)

    with serving(app) as url:
        with httpx.stream("GET", f"{url}/stream", timeout=30) as response:
            lines = response.iter_lines()
            assert next(lines) == "data: one"
            assert httpx.get(f"{url}/other").status_code == 429
            told.set()
            assert "data: two" in list(lines)
        assert closed.wait(10)
        until(lambda: httpx.get(f"{url}/other").status_code == 200, seconds=10, what="a free place")
