"""Calendar items on a whole stack: reels are rendered ahead, and posts are published at their times."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.media.probe import probe
from tests.polling import until
from tests.stack.client import Client
from tests.stack.harness import Stack

SCRIPT = "AI is transforming how creators work, and what is left for them to do."  # Instagram's minimum is 3 s
LONG = "This goes on for a while, so that there is something to cancel. " * 12


@pytest.fixture
def twin(client: Client) -> str:
    return client.create_twin()


def schedule(client: Client, twin: str, **fields: Any) -> str:
    """Create an item, months ahead by default. Returns its path."""
    usual = {
        "twin_id": twin,
        "title": "How AI is changing content creation",
        "platform": "instagram",
        "scheduled_at": (now() + timedelta(days=100)).isoformat(),
        "script": SCRIPT,
    }
    answer = client.http.post("/content/calendar", json=usual | fields)
    assert answer.status_code == 201, answer.text
    return f"/content/calendar/{answer.json()['id']}"


def wait_for_status(client: Client, item: str, status: str) -> dict[str, Any]:
    """Wait until the item is published or failed; it must have this status. Returns it."""
    found = until(
        lambda: (seen := client.get(item))["status"] in ("published", "failed") and seen,
        seconds=120,
        what="the end of an item",
    )
    assert found["status"] == status, found
    return found


def wait_for_reel(client: Client, item: str) -> dict[str, Any]:
    """Wait until the item is scheduled and has its reel. Returns it."""
    return until(
        lambda: (found := client.get(item))["status"] == "scheduled" and found["video_url"] and found,
        seconds=120,
        what="an item with its reel",
    )


def test_an_item_that_is_due_soon_gets_its_reel_and_stays_scheduled(
    stack: Stack, client: Client, twin: str, tmp_path: Path
) -> None:
    later = schedule(client, twin)
    item = schedule(client, twin, scheduled_at=(now() + timedelta(minutes=5)).isoformat())
    found = wait_for_reel(client, item)
    media = probe(client.download(found["video_url"], tmp_path / "reel.mp4"))
    assert (media.width, media.height) == (1080, 1920)
    assert stack.materialized("reel_video", [found["task_id"]]) == [1]
    assert client.task(found["task_id"])["status"] == "done"
    assert client.get(later)["task_id"] is None


@pytest.mark.smoke
def test_publish_now_makes_the_reel_and_publishes_it_once(stack: Stack, client: Client, twin: str) -> None:
    account = client.connect(stack.sandbox, "instagram")
    token = str(uuid4())
    item = schedule(client, twin, caption=f"Look! {token}")
    assert client.post(f"{item}/publish-now")["status"] == "rendering"
    found = wait_for_status(client, item, "published")
    assert found["account_id"] == account
    (post,) = [post for post in stack.sandbox.posts() if token in post["text"]]
    assert client.task(found["publish_task_id"])["result"]["post_id"] == post["id"]
    assert client.http.get("/content/calendar").json()[0]["post_url"] == found["post_url"]


def test_an_item_without_an_account_fails_and_is_published_after_one_is_connected(
    stack: Stack, client: Client, twin: str
) -> None:
    token = str(uuid4())
    item = schedule(client, twin, scheduled_at=now().isoformat(), caption=f"Look! {token}")
    assert wait_for_status(client, item, "failed")["reason"]["code"] == "account_missing"
    client.connect(stack.sandbox, "instagram")
    client.post(f"{item}/retry")
    wait_for_status(client, item, "published")
    assert len([post for post in stack.sandbox.posts() if token in post["text"]]) == 1


def test_a_cancel_while_the_reel_is_made_ends_its_run(stack: Stack, client: Client, twin: str) -> None:
    item = schedule(client, twin, script=LONG)
    task_id = client.post(f"{item}/publish-now")["task_id"]
    until(lambda: stack.executing_runs(task_id), seconds=60, what="a running run")
    assert client.post(f"{item}/cancel")["status"] == "canceled"
    until(lambda: not stack.executing_runs(task_id), seconds=60, what="the end of the run")
    assert client.task(task_id)["error"]["code"] == "canceled"
    assert client.get(item)["status"] == "canceled"


def test_a_reel_that_cannot_be_made_fails_its_item_until_its_script_is_changed(
    stack: Stack, client: Client, twin: str
) -> None:
    client.connect(stack.sandbox, "instagram")
    item = schedule(client, twin, script="7" * 1200)  # short text, but its narration exceeds the limit
    client.post(f"{item}/publish-now")
    failed = wait_for_status(client, item, "failed")
    assert failed["reason"]["code"] == "narration_too_long"
    assert client.http.patch(item, json={"script": SCRIPT}).status_code == 200
    assert client.post(f"{item}/retry")["reason"] is None
    changed = wait_for_status(client, item, "published")
    assert changed["task_id"] != failed["task_id"]


def test_deleting_a_twin_cancels_its_running_reels(stack: Stack, client: Client, twin: str) -> None:
    item = schedule(client, twin, script=LONG)
    task_id = client.post(f"{item}/publish-now")["task_id"]
    until(lambda: stack.executing_runs(task_id), seconds=60, what="a running run")
    assert client.http.delete(f"/twins/{twin}").status_code == 204
    until(lambda: not stack.executing_runs(task_id), seconds=60, what="the end of the run")
    assert client.get(item)["reason"]["code"] == "twin_deleted"
