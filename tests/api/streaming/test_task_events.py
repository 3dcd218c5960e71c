"""Streams and waiting requests on a real server: what changes arrives, without polling."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final

import httpx
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from api import logs
from api.caller_cache import CallerCache
from api.main import create_app
from api.streaming import events, progress
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.tasks import tasks
from content_pipeline.core.workspaces import caller
from tests.api.conftest import PUBLIC, fail_task
from tests.polling import until
from tests.servers import serving
from tests.stack.harness import free_port

Event = dict[str, Any]

TASKS: Final = f"{PUBLIC}/tasks"


@pytest.fixture
def server(database: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The API with its lifespan, but for its logs: they would stay configured for the tests that follow."""
    monkeypatch.setattr(logs, "configure", lambda: None)
    with serving(create_app(), lifespan="on") as url:
        yield url


@pytest.fixture
def http(server: str, client: TestClient) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server, headers={"X-API-Key": client.headers["X-API-Key"]}, timeout=60) as http:
        yield http


@pytest.fixture
def task_id(caption_id: str) -> str:
    return f"sync_{caption_id}"


@contextmanager
def stream(http: httpx.Client, path: str, last_event_id: str | None = None) -> Iterator[Iterator[Event]]:
    """The events of a stream: each with its `name`, `id` and `data`."""
    headers = {} if last_event_id is None else {"Last-Event-ID": last_event_id}
    with http.stream("GET", path, headers=headers) as response:
        assert response.status_code == 200, response.read()
        assert response.headers["Content-Type"].startswith("text/event-stream")
        assert response.headers["Cache-Control"] == "no-store"
        yield parsed(response.iter_lines())


def parsed(lines: Iterator[str]) -> Iterator[Event]:
    event: Event = {}
    for line in lines:
        field, _, value = line.partition(": ")
        if field == "event":
            event["name"] = value
        elif field == "id":
            event["id"] = value
        elif field == "data":
            event["data"] = json.loads(value)
        elif not line and event:
            yield event
            event = {}


def set_progress(task_id: str, fraction: float) -> None:
    with transaction() as session:
        tasks.mark_processing(session, "caption", task_id.removeprefix("sync_"))
        tasks.set_progress(session, task_id, fraction)


def states(found: Iterator[Event]) -> list[tuple[str, str, int]]:
    return [(event["name"], event["data"]["status"], event["data"]["progress"]) for event in found]


@pytest.mark.slow
@pytest.mark.parametrize("base", [TASKS, "/api/v1/tasks"])
def test_changes_arrive_until_the_task_has_ended(http: httpx.Client, task_id: str, base: str) -> None:
    with stream(http, f"{base}/{task_id}/events") as found:
        assert next(found)["data"] == http.get(f"{base}/{task_id}").json()
        set_progress(task_id, 0.5)
        assert states(iter([next(found)])) == [("progress", "processing", 49)]
        fail_task(task_id)
        (last,) = found
    assert last["name"] == "error"
    assert last["data"] == http.get(f"{base}/{task_id}").json()


@pytest.mark.slow
def test_a_client_that_connects_again_gets_nothing_twice(http: httpx.Client, task_id: str) -> None:
    path = f"{TASKS}/{task_id}/events"
    with stream(http, path) as found:
        seen = next(found)["id"]
    with stream(http, path, last_event_id=seen) as found:
        set_progress(task_id, 0.5)
        assert next(found)["data"]["progress"] == 49


@pytest.mark.slow
def test_a_client_that_missed_a_change_gets_it_first(http: httpx.Client, task_id: str) -> None:
    path = f"{TASKS}/{task_id}/events"
    with stream(http, path) as found:
        seen = next(found)["id"]
    set_progress(task_id, 0.5)
    with stream(http, path, last_event_id=seen) as found:
        assert next(found)["data"]["progress"] == 49


@pytest.mark.slow
def test_the_stream_of_a_finished_task_is_its_last_event(http: httpx.Client, finished_id: str) -> None:
    path = f"{TASKS}/sync_{finished_id}/events"
    with stream(http, path) as found:
        (last,) = found
    assert (last["name"], last["data"]["result"]) == ("done", {"caption_id": finished_id})
    assert http.get(path, headers={"Last-Event-ID": last["id"]}).status_code == 204


def end_listening() -> bool:
    """End the connection that listens to tasks. Returns whether there was one: the API opens it when it has started.

    It has another one that listens to keys.
    """
    listening = "select pg_terminate_backend(pid) from pg_stat_activity where query ilike 'listen %task_changes%'"
    with transaction() as session:
        return session.scalars(text(listening)).all() == [True]


@pytest.mark.slow
def test_a_stream_outlives_the_loss_of_the_connection_that_listens(http: httpx.Client, task_id: str) -> None:
    with stream(http, f"{TASKS}/{task_id}/events") as found:
        next(found)
        until(end_listening, seconds=30, what="the connection that listens")
        set_progress(task_id, 0.5)
        assert next(found)["data"]["progress"] == 49
        fail_task(task_id)
        assert states(found) == [("error", "error", 49)]


@pytest.mark.slow
def test_a_comment_keeps_an_idle_stream_open(http: httpx.Client, task_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "HEARTBEAT_SECONDS", 0.05)
    with http.stream("GET", f"{TASKS}/{task_id}/events") as response:
        lines = response.iter_lines()
        assert next(line for line in lines if line.startswith(":")) == ": ping"


@pytest.mark.slow
def test_a_stream_ends_after_a_while_so_that_its_key_is_checked_again(
    http: httpx.Client, task_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "MAX_STREAM_SECONDS", 0)
    with stream(http, f"{TASKS}/{task_id}/events") as found:
        assert states(found) == [("progress", "queued", 0)]


@pytest.mark.slow
def test_the_keys_of_a_workspace_have_only_so_many_open_streams(
    http: httpx.Client, task_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "MAX_OPEN_STREAMS", 1)
    path = f"{TASKS}/{task_id}"
    with stream(http, f"{path}/events"):
        another = http.post(f"{PUBLIC}/keys", json={"name": "Another", "scopes": ["read"]}).json()["key"]
        refused = [
            http.get(f"{path}/events"),
            http.get(path, params={"wait": 30}, headers={"X-API-Key": another}),
        ]
        assert [(answer.status_code, answer.json()["code"]) for answer in refused] == [(429, "too_many_streams")] * 2
        assert refused[0].headers["Retry-After"] == "5"
        assert http.get(path).status_code == 200

    def is_open() -> bool:
        with http.stream("GET", f"{path}/events") as response:
            return response.status_code == 200

    until(is_open, seconds=10, what="the end of the first stream")


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/tasks/{}/events", "/tasks/{}?wait=30"])
def test_nobody_waits_for_another_workspace_s_task(server: str, connect: Callable, task_id: str, path: str) -> None:
    headers = {"X-API-Key": connect().headers["X-API-Key"]}
    assert httpx.get(f"{server}{PUBLIC}{path.format(task_id)}", headers=headers).status_code == 404


@pytest.mark.slow
def test_a_waiting_request_is_answered_when_the_task_changes(http: httpx.Client, task_id: str) -> None:
    path = f"{TASKS}/{task_id}"
    tag = http.get(path).headers["ETag"]
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(http.get, path, params={"wait": 60}, headers={"If-None-Match": tag})
        set_progress(task_id, 0.5)
        answer = waiting.result()
    assert (answer.status_code, answer.json()["progress"]) == (200, 49)
    assert answer.headers["ETag"] == http.get(path).headers["ETag"]


@pytest.mark.slow
def test_a_waiting_request_is_answered_at_once_when_the_task_has_changed_already(
    http: httpx.Client, task_id: str
) -> None:
    path = f"{TASKS}/{task_id}"
    tag = http.get(path).headers["ETag"]
    set_progress(task_id, 0.5)
    assert http.get(path, params={"wait": 60}, headers={"If-None-Match": tag}).json()["progress"] == 49


@pytest.mark.slow
def test_a_waiting_request_is_answered_at_once_when_the_task_has_ended(http: httpx.Client, finished_id: str) -> None:
    path = f"{TASKS}/sync_{finished_id}"
    first = http.get(path, params={"wait": 60})
    assert first.json()["status"] == "done"
    assert http.get(path, params={"wait": 60}, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304


@pytest.mark.slow
def test_a_waiting_request_is_answered_unchanged_when_its_time_is_over(http: httpx.Client, task_id: str) -> None:
    path = f"{TASKS}/{task_id}"
    tag = http.get(path).headers["ETag"]
    assert http.get(path, params={"wait": 1}, headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize("wait", ["-1", "61", "x"])
def test_a_request_waits_for_a_minute_at_most(client: TestClient, caption_id: str, wait: str) -> None:
    assert client.get(f"{TASKS}/sync_{caption_id}", params={"wait": wait}).status_code == 422


@pytest.fixture
def batch_id(client: TestClient) -> str:
    twin = client.post(f"{PUBLIC}/twins", json={"name": "Tech Creator", "voice_id": "en-US"}).json()["id"]
    answer = client.post(
        f"{PUBLIC}/bulk/reels",
        files={"csv_file": ("scripts.csv", b"script\nOne.\nTwo.\nThree.\n")},
        data={"twin_id": twin, "platform": "instagram"},
    )
    return answer.json()["batch_id"]


@pytest.mark.slow
def test_a_batch_streams_the_rows_that_have_changed(http: httpx.Client, batch_id: str) -> None:
    with stream(http, f"{PUBLIC}/bulk/reels/{batch_id}/events") as found:
        first = next(found)
        assert first["data"] == http.get(f"{PUBLIC}/bulk/reels/{batch_id}").json()
        one, two, three = (job["job_id"] for job in first["data"]["jobs"])
        with transaction() as session:
            tasks.mark_processing(session, "reel", two)
            tasks.set_progress(session, two, 0.5)
        event = next(found)
        assert [(job["row"], job["status"], job["progress"]) for job in event["data"]["jobs"]] == [
            (2, "processing", 49)
        ]
        assert (event["data"]["queued"], event["data"]["processing"]) == (2, 1)
        for reel in (one, two, three):
            fail_task(reel)
        *_, last = found
    assert (last["name"], last["data"]["failed"]) == ("error", 3)


@pytest.mark.slow
def test_a_row_that_is_retried_while_its_batch_is_open_is_streamed(http: httpx.Client, batch_id: str) -> None:
    with stream(http, f"{PUBLIC}/bulk/reels/{batch_id}/events") as found:
        one, *_ = (job["job_id"] for job in next(found)["data"]["jobs"])
        fail_task(one)
        assert [job["status"] for job in next(found)["data"]["jobs"]] == ["error"]
        again = http.post(f"{TASKS}/{one}/retry").json()["task_id"]
        assert [(job["task_id"], job["status"]) for job in next(found)["data"]["jobs"]] == [(again, "queued")]


@pytest.mark.slow
def test_a_stream_ends_when_its_key_is_revoked(server: str, client: TestClient, task_id: str) -> None:
    """It went on for up to an hour, and told of all that the task made."""
    made = client.post(f"{PUBLIC}/keys", json={"name": "lost", "scopes": ["read"]}).json()
    with httpx.Client(base_url=server, headers={"X-API-Key": made["key"]}, timeout=60) as http:
        with stream(http, f"{TASKS}/{task_id}/events") as found:
            next(found)
            assert client.delete(f"{PUBLIC}/keys/{made['id']}").status_code == 204
            assert list(found) == []
        assert http.get(f"{TASKS}/{task_id}/events").status_code == 401


@pytest.mark.slow
def test_a_stream_ends_when_a_key_was_revoked_while_its_request_waited(
    http: httpx.Client, task_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is told of a key that changes came before anybody listened: the client has to connect again."""
    monkeypatch.setattr(events, "HEARTBEAT_SECONDS", 0.05)
    monkeypatch.setattr(events, "MAX_STREAM_SECONDS", 1.0)
    monkeypatch.setattr(CallerCache, "get", _found_then_changed)
    with http.stream("GET", f"{TASKS}/{task_id}/events") as response:
        lines = list(response.iter_lines())
    assert any(line.startswith("event:") for line in lines)
    assert not any(line.startswith(":") for line in lines), "It was kept alive."


def _found_then_changed(callers: CallerCache, digest: bytes) -> None:
    """The caller is read from the database, and some key changes before the answer begins."""
    callers.version += 1


@pytest.mark.slow
def test_a_stream_ends_when_its_key_expires(
    server: str, client: TestClient, task_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "HEARTBEAT_SECONDS", 0.05)
    expires_at = (now() + timedelta(hours=1)).isoformat()
    made = client.post(f"{PUBLIC}/keys", json={"name": "short", "scopes": ["read"], "expires_at": expires_at}).json()
    with (
        httpx.Client(base_url=server, headers={"X-API-Key": made["key"]}, timeout=60) as http,
        stream(http, f"{TASKS}/{task_id}/events") as found,
    ):
        next(found)
        monkeypatch.setattr(caller, "now", lambda: now() + timedelta(hours=2))
        assert list(found) == []


@pytest.mark.slow
def test_nobody_streams_another_workspace_s_batch(server: str, connect: Callable, batch_id: str) -> None:
    headers = {"X-API-Key": connect().headers["X-API-Key"]}
    assert httpx.get(f"{server}{PUBLIC}/bulk/reels/{batch_id}/events", headers=headers).status_code == 404


@pytest.mark.slow
def test_a_server_that_shuts_down_ends_its_streams(client: TestClient, task_id: str) -> None:
    port = free_port()
    # A stream that did not end by itself would be broken off after these seconds, which is an error to the client.
    patience = ["--timeout-graceful-shutdown", "30"]
    command = [sys.executable, "-m", "uvicorn", "api.main:app", "--port", str(port), *patience]
    server = subprocess.Popen(command, env=os.environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=client.headers, timeout=60) as http:
        try:
            until(lambda: answers(http), seconds=30, what="the server")
            with stream(http, f"{TASKS}/{task_id}/events") as found:
                next(found)
                server.send_signal(signal.SIGTERM)
                assert list(found) == []
            server.wait(10)
        finally:
            server.kill()
            server.wait(10)


def answers(http: httpx.Client) -> bool:
    try:
        return http.get("/health/live").is_success
    except httpx.ConnectError:
        return False
