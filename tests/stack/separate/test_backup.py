"""Everything is lost in the middle of a batch, with a post in flight; a backup of that moment brings it back."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import psycopg
import pytest

from content_pipeline.cli import privileges
from content_pipeline.core.infrastructure.clock import now
from tests.media import samples
from tests.polling import until
from tests.stack.client import Client
from tests.stack.harness import Stack

SCRIPT = "Number {}. AI is transforming how creators work."
ROWS = 6


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One that the stack's user may write to."""
    made = tmp_path / "backups"
    made.mkdir()
    if os.geteuid() == 0:
        privileges.hand_over(made)
    return made


@pytest.fixture
def film(tmp_path: Path) -> bytes:
    return samples.film(tmp_path / "film.mp4").read_bytes()


@contextmanager
def same_client(stack: Stack, client: Client) -> Iterator[Client]:
    """The client with the same key, at another stack."""
    base = f"{stack.url}/api/v1/public"
    with httpx.Client(base_url=base, headers={"X-API-Key": client.http.headers["X-API-Key"]}, timeout=60) as http:
        yield Client(http)


def lose(stack: Stack, *, platforms: Path) -> None:
    """End everything at once, and delete the home. What the platforms know is kept."""
    stack.end()
    shutil.copytree(stack.home / "sandbox", platforms)
    shutil.rmtree(stack.home)


def post_in_flight(stack: Stack, client: Client, upload_id: str, caption: str) -> str:
    """A post whose platform refuses its upload until the faults are withdrawn. Returns its task."""
    account = client.connect(stack.sandbox, "instagram")
    stack.sandbox.fail("instagram", "prepare", "status", status=503, times=1000)
    body = {"platforms": ["instagram"], "upload_id": upload_id, "caption": caption, "accounts": {"instagram": account}}
    task_id: str = client.post("/social/publish", json=body)["results"][0]["task_id"]
    until(lambda: client.task(task_id)["status"] == "processing", seconds=60, what="a post at work")
    return task_id


def planned_item(client: Client, twin: str) -> str:
    body = {
        "twin_id": twin, "title": "How AI is changing content creation", "platform": "instagram",
        "scheduled_at": (now() + timedelta(days=100)).isoformat(), "script": SCRIPT,
    }  # fmt: skip
    answer = client.http.post("/content/calendar", json=body)
    assert answer.status_code == 201, answer.text
    return f"/content/calendar/{answer.json()['id']}"


def done_rows(client: Client, batch_id: str) -> set[str]:
    return {job["job_id"] for job in client.jobs(batch_id) if job["status"] == "done"}


@pytest.mark.slow
def test_everything_that_was_lost_is_restored_and_goes_on(tmp_path: Path, folder: Path, film: bytes) -> None:
    lost, found = Stack(tmp_path / "lost"), tmp_path / "found"
    workspace, caption = f"test-{uuid4()}", f"Look! {uuid4()}"
    lost.up()
    try:
        with lost.client(workspace) as client:
            task_id = post_in_flight(lost, client, upload(client, film), caption)
            twin = client.create_twin()
            item = planned_item(client, twin)
            batch_id = client.batch(*(SCRIPT.format(number) for number in range(ROWS)), twin=twin)["batch_id"]
            early = until(lambda: done_rows(client, batch_id), seconds=180, what="the first reel")
            assert lost.materialized("reel_video", sorted(early)) == [1] * len(early)
            lost.run("analysts", "create", "maria")
            told = lost.run("backup", str(folder / "backup.tar")).stdout
            assert "both databases" in told
            assert len(early) < ROWS
            lost.sandbox.withdraw_faults()
            until(lambda: live(lost, caption) == 1, seconds=180, what="a post that went out after the backup")
        keys = lost.configuration["CONTENT_PIPELINE_ENCRYPTION_KEYS"]
    finally:
        lost.sandbox.http.close()
        lost.engine.dispose()
        lose(lost, platforms=tmp_path / "platforms")
    restored = Stack(found, CONTENT_PIPELINE_ENCRYPTION_KEYS=keys)
    told = restored.run("restore", str(folder / "backup.tar")).stdout
    assert "1 posts that were open and 1 planned items" in told.replace("\n", " ")
    shutil.copytree(tmp_path / "platforms", found / "sandbox")
    if os.geteuid() == 0:
        privileges.hand_over(found / "sandbox", like=found)
    try:
        restored.up()
        with same_client(restored, client) as client:
            assert client.wait_for_task(batch_id, seconds=300)["status"] == "done"
            jobs = client.jobs(batch_id)
            assert {job["status"] for job in jobs} == {"done"}
            for job in jobs:
                assert httpx.get(job["result_url"]).status_code == 200
            assert restored.materialized("reel_video", sorted(early)) == [1] * len(early)
            check_posts(restored, client, task_id, item, caption)
        url = restored.run("analysts", "rotate", "maria").stdout.strip()
        with psycopg.connect(url) as analyst:
            assert analyst.execute("select count(*) from analytics.accounts").fetchone() == (1,)
        refused = restored.run("restore", str(folder / "backup.tar"), check=False)
        assert "already running" in refused.stderr
    finally:
        restored.sandbox.http.close()
        restored.end()


def live(stack: Stack, caption: str) -> int:
    return sum(caption in post["text"] for post in stack.sandbox.posts())


def check_posts(stack: Stack, client: Client, task_id: str, item: str, caption: str) -> None:
    """What is out is not posted again, also by a retry; what is planned waits for the operator."""
    assert client.get(f"/social/publish/{task_id}")["outcome"] == "unconfirmed"
    again = client.post(f"/tasks/{task_id}/retry")["task_id"]
    assert client.wait_for_task(again)["error"]["code"] == "unconfirmed"
    assert live(stack, caption) == 1
    held = client.get(item)
    assert (held["status"], held["reason"]["code"]) == ("failed", "restored")
    assert "Planned again: 1." in stack.run("release-posts").stdout
    assert client.get(item)["status"] == "scheduled"


def upload(client: Client, film: bytes) -> str:
    """A video of the client's own. Returns its id."""
    answer = client.http.post("/uploads", files={"file": ("film.mp4", film, "video/mp4")})
    assert answer.status_code == 201, answer.text
    upload_id: str = answer.json()["id"]
    return upload_id
