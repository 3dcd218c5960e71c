"""Planned posts get their reels by themselves, and go out at their times, on a whole stack."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from content_pipeline.core.clock import now
from content_pipeline.core.media.probe import probe
from tests.stack.harness import Client, Stack, until

SCRIPT = "AI is transforming how creators work, and what is left for them to do."  # Instagram takes no less than 3 s
LONG = "This goes on for a while, so that there is something to cancel. " * 12


@pytest.fixture
def twin(client: Client) -> str:
    return client.create_twin()


def schedule(client: Client, twin: str, **fields: Any) -> str:
    """The path of a new item, months away unless it says otherwise."""
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


def reached(client: Client, item: str, status: str) -> dict[str, Any]:
    """The item, once it has ended, which it has to with this status."""
    found = until(
        lambda: (seen := client.get(item))["status"] in ("published", "failed") and seen,
        seconds=120,
        what="the end of an item",
    )
    assert found["status"] == status, found
    return found


def ready(client: Client, item: str) -> dict[str, Any]:
    """The item, once it is scheduled with its reel."""
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
    found = ready(client, item)
    media = probe(client.download(found["video_url"], tmp_path / "reel.mp4"))
    assert (media.width, media.height) == (1080, 1920)
    assert stack.materialized("reel_video", [found["task_id"]]) == [1]
    assert client.task(found["task_id"])["status"] == "done"
    assert client.get(later)["task_id"] is None


def test_publish_now_makes_the_reel_and_sends_it_out_once(stack: Stack, client: Client, twin: str) -> None:
    account = client.connect(stack.sandbox, "instagram")
    token = str(uuid4())
    item = schedule(client, twin, caption=f"Look! {token}")
    assert client.post(f"{item}/publish-now")["status"] == "rendering"
    found = reached(client, item, "published")
    assert found["account_id"] == account
    (post,) = [post for post in stack.sandbox.posts() if token in post["text"]]
    assert client.task(found["publish_task_id"])["result"]["post_id"] == post["id"]
    assert client.http.get("/content/calendar").json()[0]["post_url"] == found["post_url"]


def test_an_item_without_an_account_fails_and_goes_out_once_there_is_one(
    stack: Stack, client: Client, twin: str
) -> None:
    token = str(uuid4())
    item = schedule(client, twin, scheduled_at=now().isoformat(), caption=f"Look! {token}")
    assert reached(client, item, "failed")["reason"]["code"] == "account_missing"
    client.connect(stack.sandbox, "instagram")
    client.post(f"{item}/retry")
    reached(client, item, "published")
    assert len([post for post in stack.sandbox.posts() if token in post["text"]]) == 1


def test_a_cancel_while_the_reel_is_made_ends_its_run(stack: Stack, client: Client, twin: str) -> None:
    item = schedule(client, twin, script=LONG)
    task_id = client.post(f"{item}/publish-now")["task_id"]
    until(lambda: stack.executing_runs(task_id), seconds=60, what="a run at work")
    assert client.post(f"{item}/cancel")["status"] == "canceled"
    until(lambda: not stack.executing_runs(task_id), seconds=60, what="the end of the run")
    assert client.task(task_id)["error"]["code"] == "canceled"
    assert client.get(item)["status"] == "canceled"


def test_a_reel_that_cannot_be_made_fails_its_item_until_it_is_mended(stack: Stack, client: Client, twin: str) -> None:
    client.connect(stack.sandbox, "instagram")
    item = schedule(client, twin, script="7" * 1200)  # short to write, and longer to say than a reel may be
    client.post(f"{item}/publish-now")
    failed = reached(client, item, "failed")
    assert failed["reason"]["code"] == "narration_too_long"
    assert client.http.patch(item, json={"script": SCRIPT}).status_code == 200
    assert client.post(f"{item}/retry")["reason"] is None
    mended = reached(client, item, "published")
    assert mended["task_id"] != failed["task_id"]


def test_a_twin_that_is_deleted_takes_its_reels_at_work_along(stack: Stack, client: Client, twin: str) -> None:
    item = schedule(client, twin, script=LONG)
    task_id = client.post(f"{item}/publish-now")["task_id"]
    until(lambda: stack.executing_runs(task_id), seconds=60, what="a run at work")
    assert client.http.delete(f"/twins/{twin}").status_code == 204
    until(lambda: not stack.executing_runs(task_id), seconds=60, what="the end of the run")
    assert client.get(item)["reason"]["code"] == "twin_deleted"
