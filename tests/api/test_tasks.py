"""Tasks over HTTP: read, list, cancel, retry."""

import re

import pytest
from fastapi.testclient import TestClient

from tests.api.conftest import PUBLIC, fail_task

TASKS = f"{PUBLIC}/tasks"


@pytest.mark.parametrize("base", [TASKS, "/api/v1/tasks"])
def test_a_task_is_read_under_both_paths(client: TestClient, caption_id: str, base: str) -> None:
    task = client.get(f"{base}/sync_{caption_id}").json()
    assert (task["status"], task["progress"], task["result"], task["error"]) == ("queued", 0, None, None)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", task["created_at"])


def test_a_finished_task_has_its_result(client: TestClient, finished_id: str) -> None:
    task = client.get(f"{TASKS}/sync_{finished_id}").json()
    assert (task["status"], task["progress"], task["result"]) == ("done", 100, {"caption_id": finished_id})


def test_a_failed_task_says_why_and_what_to_do(client: TestClient, caption_id: str) -> None:
    fail_task(f"sync_{caption_id}")
    task = client.get(f"{TASKS}/sync_{caption_id}").json()
    assert task["status"] == "error"
    assert task["result"] is None
    assert task["error"] == {
        "code": "no_audio",
        "message": "There is no sound.",
        "remedy": "Send one with sound.",
        "retryable": False,
    }
    assert client.get(f"{PUBLIC}/captions/{caption_id}").json()["error"] == task["error"]


def test_a_poller_is_told_when_nothing_has_changed(client: TestClient, caption_id: str) -> None:
    path = f"{TASKS}/sync_{caption_id}"
    tag = client.get(path).headers["ETag"]
    unchanged = client.get(path, headers={"If-None-Match": tag})
    assert (unchanged.status_code, unchanged.content, unchanged.headers["ETag"]) == (304, b"", tag)
    for known in (f'"other", {tag}', tag.removeprefix("W/"), "*"):
        assert client.get(path, headers={"If-None-Match": known}).status_code == 304, known
    assert client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200
    fail_task(f"sync_{caption_id}")
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 200


def test_another_workspace_sees_nothing_of_it(connect, caption_id: str) -> None:
    other = connect()
    path = f"{TASKS}/sync_{caption_id}"
    answers = [other.get(path), other.post(f"{path}/cancel"), other.post(f"{path}/retry")]
    assert [answer.status_code for answer in answers] == [404] * 3
    assert other.get(TASKS).json() == []


def test_an_open_task_can_be_canceled_once(client: TestClient, caption_id: str) -> None:
    path = f"{TASKS}/sync_{caption_id}"
    answer = client.post(f"{path}/cancel")
    assert (answer.status_code, answer.json()["status"]) == (202, "error")
    assert client.get(path).json()["error"]["code"] == "canceled"
    assert client.post(f"{path}/cancel").status_code == 409


def test_a_failed_task_is_retried_as_a_new_one(client: TestClient, caption_id: str) -> None:
    old = f"sync_{caption_id}"
    fail_task(old)
    answer = client.post(f"{TASKS}/{old}/retry")
    again = answer.json()["task_id"]
    assert answer.status_code == 202
    assert answer.headers["Location"] == f"{TASKS}/{again}"
    assert again != old
    assert client.get(f"{TASKS}/{again}").json()["retry_of"] == old
    assert client.get(f"{TASKS}/{old}").json()["status"] == "error"
    assert client.get(f"{PUBLIC}/captions/{caption_id}").json()["status"] == "queued"
    assert client.post(f"{TASKS}/{old}/retry").status_code == 409


def test_a_task_that_did_not_fail_is_not_retried(client: TestClient, caption_id: str, finished_id: str) -> None:
    assert client.post(f"{TASKS}/sync_{finished_id}/retry").status_code == 409


def test_the_list_is_newest_first_and_can_be_narrowed(client: TestClient, finished_id: str) -> None:
    burn_in = client.post(f"{PUBLIC}/captions/{finished_id}/burn-in", json={}).json()["task_id"]
    ids = {
        query: [task["task_id"] for task in client.get(f"{TASKS}{query}").json()]
        for query in ("", "?kind=caption", "?status=queued", "?kind=caption&status=queued", "?limit=1")
    }
    assert ids == {
        "": [burn_in, f"sync_{finished_id}"],
        "?kind=caption": [f"sync_{finished_id}"],
        "?status=queued": [burn_in],
        "?kind=caption&status=queued": [],
        "?limit=1": [burn_in],
    }


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "status=waiting", "kind=captions"])
def test_a_list_with_impossible_limits_is_refused(client: TestClient, query: str) -> None:
    assert client.get(f"{TASKS}?{query}").status_code == 422
