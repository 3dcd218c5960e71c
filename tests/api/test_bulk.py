"""Batches of reels over HTTP, before any run."""

from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from content_pipeline.core.errors import InternalError
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import IdempotencyKey, Reel
from content_pipeline.core.reels import reels
from content_pipeline.core.tasks import tasks
from tests.api.conftest import PUBLIC

CSV = "script,platform,voice_id\nHello world!,instagram,en-US\nCheck out this feature.,,\n"


@pytest.fixture
def twin_id(client: TestClient) -> str:
    answer = client.post(f"{PUBLIC}/twins", json={"name": "Tech Creator", "voice_id": "en-GB", "style_tags": ["bold"]})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def submit(
    client: TestClient, twin_id: str, csv: str = CSV, *, platform: str = "tiktok", headers: dict[str, str] | None = None
):
    return client.post(
        f"{PUBLIC}/bulk/reels",
        files={"csv_file": ("scripts.csv", csv.encode(), "text/csv")},
        data={"twin_id": twin_id, "platform": platform},
        headers=headers,
    )


def finish_job(job: dict[str, Any], done: bool) -> None:
    """Finish or fail the task of a row, as its run does."""
    with transaction() as session:
        tasks.mark_processing(session, reels.KIND, job["job_id"])
        if done:
            session.get_one(Reel, job["job_id"]).output_key = "some/reel.mp4"
            tasks.finish(session, job["task_id"])
        else:
            tasks.fail(session, job["task_id"], InternalError("It broke.", remedy="Retry it."))


@pytest.fixture
def batch(client: TestClient, twin_id: str) -> str:
    return f"{PUBLIC}/bulk/reels/{submit(client, twin_id).json()['batch_id']}"


def test_a_batch_answers_at_once_with_its_task(client: TestClient, twin_id: str) -> None:
    answer = submit(client, twin_id)
    assert answer.status_code == 202, answer.text
    accepted = answer.json()
    assert accepted["task_id"] == accepted["batch_id"]
    assert (accepted["status"], accepted["progress"], accepted["total_rows"]) == ("queued", 0, 2)
    assert answer.headers["Location"] == f"{PUBLIC}/tasks/{accepted['task_id']}"
    assert client.get(f"{PUBLIC}/tasks/{accepted['task_id']}").json()["kind"] == "batch"


def test_a_misspelled_column_is_named_in_the_answer(client: TestClient, twin_id: str) -> None:
    assert submit(client, twin_id).json()["ignored_columns"] == []
    misspelled = submit(client, twin_id, "script,platfrom,music_url\nHello.,tiktok,\n")
    assert (misspelled.status_code, misspelled.json()["ignored_columns"]) == (202, ["platfrom"])


def test_each_row_is_a_job_whose_own_values_win(client: TestClient, batch: str) -> None:
    view = client.get(batch).json()
    assert (view["status"], view["queued"], view["done"], view["failed"]) == ("queued", 2, 0, 0)
    first, second = view["jobs"]
    assert (first["row"], first["script"]) == (1, "Hello world!")
    assert (first["platform"], first["voice_id"]) == ("instagram", "en-US")
    assert (second["platform"], second["voice_id"]) == ("tiktok", "en-GB")
    assert (first["status"], first["progress"], first["result_url"], first["error"]) == ("queued", 0, None, None)
    assert client.get(f"{PUBLIC}/tasks/{first['job_id']}").json()["kind"] == "reel"


def test_a_row_shows_its_video_as_soon_as_it_is_done(client: TestClient, batch: str) -> None:
    finish_job(client.get(batch).json()["jobs"][0], done=True)
    view = client.get(batch).json()
    assert (view["status"], view["done"], view["queued"]) == ("processing", 1, 1)
    assert "some/reel.mp4" in view["jobs"][0]["result_url"]


def test_failed_rows_are_retried_as_a_new_task_of_the_batch(client: TestClient, batch: str) -> None:
    view = client.get(batch).json()
    for job, done in zip(view["jobs"], (True, False), strict=True):
        finish_job(job, done)
    failed = client.get(batch).json()
    assert (failed["status"], failed["done"], failed["failed"]) == ("done", 1, 1)
    assert failed["jobs"][1]["error"]["message"] == "It broke."
    again = client.post(f"{batch}/retry-failed")
    assert again.status_code == 202
    assert again.json()["total_rows"] == 1
    assert client.get(f"{PUBLIC}/tasks/{again.json()['task_id']}").json()["retry_of"] == view["task_id"]
    retried = client.get(batch).json()
    assert (retried["status"], retried["queued"], retried["failed"]) == ("queued", 1, 0)
    assert client.post(f"{batch}/retry-failed").json()["code"] == "nothing_failed"


def test_a_row_that_is_retried_alone_goes_on_in_its_batch(client: TestClient, batch: str) -> None:
    view = client.get(batch).json()
    first, second = view["jobs"]
    finish_job(first, done=False)
    again = client.post(f"{PUBLIC}/tasks/{first['task_id']}/retry").json()
    assert client.get(batch).json()["task_id"] == view["task_id"], "it is open, and waits for the retry too"
    for job in (second, {**first, "task_id": again["task_id"]}):
        finish_job(job, done=False)
    failed = client.get(batch).json()
    assert (failed["status"], failed["failed"]) == ("error", 2)
    for job in failed["jobs"]:
        assert client.post(f"{PUBLIC}/tasks/{job['task_id']}/retry").status_code == 202
    retried = client.get(batch).json()
    assert client.get(f"{PUBLIC}/tasks/{retried['task_id']}").json()["retry_of"] == view["task_id"]
    assert (retried["status"], retried["queued"]) == ("queued", 2)
    finish_job(retried["jobs"][0], done=True)
    assert client.get(batch).json()["status"] == "processing"
    finish_job(retried["jobs"][1], done=True)
    assert client.get(batch).json()["status"] == "done"


@pytest.mark.parametrize("by", ["batch", "task"])
def test_a_canceled_batch_keeps_what_is_done_and_ends_the_rest(client: TestClient, batch: str, by: str) -> None:
    view = client.get(batch).json()
    finish_job(view["jobs"][0], done=True)
    path = f"{batch}/cancel" if by == "batch" else f"{PUBLIC}/tasks/{view['task_id']}/cancel"
    answer = client.post(path)
    assert answer.status_code == 202, answer.text
    canceled = client.get(batch).json()
    assert (canceled["status"], canceled["done"], canceled["failed"]) == ("done", 1, 1)
    assert canceled["jobs"][1]["error"]["code"] == "canceled"
    assert client.post(path).status_code == 409


def test_a_cancel_that_is_repeated_keeps_no_signed_link(client: TestClient, batch: str) -> None:
    finish_job(client.get(batch).json()["jobs"][0], done=True)
    first, again = (client.post(f"{batch}/cancel", headers={"Idempotency-Key": "cancel-1"}) for _ in range(2))
    with transaction() as session:
        (kept,) = session.scalars(select(IdempotencyKey).where(IdempotencyKey.key == "cancel-1"))
    assert "some/reel.mp4" in first.json()["jobs"][0]["result_url"]
    assert "some/reel.mp4" not in str(kept.body)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert [job["result_url"] for job in again.json()["jobs"]] == [None, None]
    assert again.json()["jobs"][0]["status"] == "done"


def test_the_task_of_a_failed_batch_is_retried_like_any_other(client: TestClient, batch: str) -> None:
    view = client.get(batch).json()
    for job in view["jobs"]:
        finish_job(job, done=False)
    task = client.get(f"{PUBLIC}/tasks/{view['task_id']}").json()
    assert (task["status"], task["error"]["code"]) == ("error", "none_done")
    again = client.post(f"{PUBLIC}/tasks/{view['task_id']}/retry")
    assert again.status_code == 202
    assert client.get(batch).json()["queued"] == 2


def test_every_bad_row_is_told_and_nothing_is_stored(client: TestClient, twin_id: str) -> None:
    answer = submit(client, twin_id, "script,platform\nFine.,tiktok\n,tiktok\nFine too.,myspace\n")
    assert (answer.status_code, answer.json()["code"]) == (400, "csv_rows_invalid")
    assert [(error["row"], error["column"]) for error in answer.json()["errors"]] == [(2, "script"), (3, "platform")]
    assert client.get(f"{PUBLIC}/bulk/reels").json() == []


def test_more_rows_than_the_plan_allows_are_refused(connect) -> None:
    client = connect(rows_per_batch=1)
    twin = client.post(f"{PUBLIC}/twins", json={"name": "Tech Creator", "voice_id": "en-US"}).json()
    answer = submit(client, twin["id"])
    assert (answer.status_code, answer.json()["code"]) == (403, "plan_limit")


def test_an_unknown_platform_of_the_form_is_a_matter_of_its_type(client: TestClient, twin_id: str) -> None:
    assert submit(client, twin_id, platform="myspace").status_code == 422


def test_a_twin_of_another_workspace_is_not_found(client: TestClient, connect, twin_id: str) -> None:
    assert submit(connect(), twin_id).status_code == 404
    assert submit(client, str(uuid4())).json()["code"] == "twin_not_found"


def test_a_batch_of_another_workspace_is_not_found(connect, batch: str) -> None:
    other_client = connect()
    assert other_client.get(batch).status_code == 404
    assert other_client.post(f"{batch}/cancel").status_code == 404


def test_a_repeat_with_the_same_key_makes_no_second_batch(client: TestClient, twin_id: str) -> None:
    headers = {"Idempotency-Key": str(uuid4())}
    first, again = (submit(client, twin_id, headers=headers) for _ in range(2))
    assert first.json() == again.json()
    assert len(client.get(f"{PUBLIC}/bulk/reels").json()) == 1


def test_batches_are_listed_newest_first(client: TestClient, twin_id: str) -> None:
    ids = [submit(client, twin_id).json()["batch_id"] for _ in range(3)]
    page = client.get(f"{PUBLIC}/bulk/reels?limit=2")
    assert [batch["batch_id"] for batch in page.json()] == ids[:0:-1]
    assert page.headers["X-Next-Cursor"]
