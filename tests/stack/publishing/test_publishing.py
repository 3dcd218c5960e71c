"""Publishing on a whole stack: each video is published once, and calendar items when they are due."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.platforms.registry import PLATFORMS
from tests.polling import until
from tests.stack.client import Client
from tests.stack.harness import Stack


def wait_for_published(client: Client, task_id: str) -> dict[str, Any]:
    """Wait until the publication has succeeded. Returns it."""
    client.wait_for_task(task_id)
    found = client.get(f"/social/publish/{task_id}")
    assert found["outcome"] == "published", found
    return found


@pytest.mark.smoke
def test_a_video_is_published_once_on_each_platform(stack: Stack, client: Client, reel_url: str) -> None:
    accounts = {platform: client.connect(stack.sandbox, platform) for platform in PLATFORMS}
    caption = f"Out on all of them {uuid4()}"
    body = {"platforms": list(PLATFORMS), "reel_url": reel_url, "caption": caption}
    accepted = client.post("/social/publish", json=body)["results"]
    found = {result["platform"]: wait_for_published(client, result["task_id"]) for result in accepted}
    assert {platform: result["account_id"] for platform, result in found.items()} == accounts
    out = [post for post in stack.sandbox.posts() if caption in post["text"]]
    assert sorted(post["platform"] for post in out) == sorted(PLATFORMS)
    ids = {post["platform"]: post["id"] for post in out}
    for platform, result in found.items():
        assert result["result"]["post_id"] == ids[platform] or platform == "tiktok"  # after moderation
    assert stack.materialized("publication", [result["task_id"] for result in found.values()]) == [1] * 4


def test_the_id_of_a_moderated_post_comes_later(stack: Stack, client: Client, reel_url: str) -> None:
    client.connect(stack.sandbox, "tiktok")
    body = {"platforms": ["tiktok"], "reel_url": reel_url, "caption": f"Moderated {uuid4()}"}
    (accepted,) = client.post("/social/publish", json=body)["results"]
    wait_for_published(client, accepted["task_id"])
    until(
        lambda: client.get(f"/social/publish/{accepted['task_id']}")["result"]["post_id"],
        seconds=90,
        what="the id of the post",
    )


def test_an_operator_asks_whether_a_post_is_still_shown_and_nothing_is_posted_again(
    stack: Stack, client: Client, reel_url: str
) -> None:
    client.connect(stack.sandbox, "youtube")
    caption = f"Shown for a while {uuid4()}"
    body = {"platforms": ["youtube"], "reel_url": reel_url, "caption": caption}
    (accepted,) = client.post("/social/publish", json=body)["results"]
    post_id = wait_for_published(client, accepted["task_id"])["result"]["post_id"]
    assert stack.materialized("publication", [accepted["task_id"]]) == [1]
    # The platform may still be processing it.
    until(lambda: is_visible(stack, accepted["task_id"]), seconds=60, what="a post that is shown")
    stack.sandbox.delete_post("youtube", post_id)
    assert not is_visible(stack, accepted["task_id"])
    assert [post for post in stack.sandbox.posts() if caption in post["text"] and post["id"] != post_id] == []
    assert stack.materialized("publication", [accepted["task_id"]]) == [1]


def is_visible(stack: Stack, publication_id: str) -> bool:
    """What "Execute" finds on the check of a post."""
    chosen = [{"assetKey": {"path": ["publication"]}, "name": "visible"}]
    key = stack.partition_key(publication_id)
    run = stack.launch("publications", key, assetSelection=[], assetCheckSelection=chosen)
    return stack.check_results_of_run(run)["visible"]


def test_a_due_calendar_item_is_published_with_a_text_by_its_twin(stack: Stack, client: Client, reel_url: str) -> None:
    account = client.connect(stack.sandbox, "linkedin")
    token = str(uuid4())
    item = {
        "twin_id": client.create_twin(),
        "title": "How AI is changing content creation",
        "platform": "linkedin",
        "scheduled_at": (now() + timedelta(seconds=2)).isoformat(),
        "script": f"AI is transforming how creators work. Mark {token}.",
        "reel_url": reel_url,
    }
    answer = client.http.post("/content/calendar", json=item)
    assert answer.status_code == 201, answer.text
    path = f"/content/calendar/{answer.json()['id']}"
    found = until(
        lambda: (seen := client.get(path))["status"] in ("published", "failed") and seen, seconds=90, what="its end"
    )
    assert (found["status"], found["account_id"]) == ("published", account), found
    (post,) = [post for post in stack.sandbox.posts() if token in post["text"]]
    assert post["id"] in found["post_url"]


def test_an_item_with_a_script_is_published_when_its_reel_is_done(stack: Stack, client: Client) -> None:
    client.connect(stack.sandbox, "youtube")
    item = {
        "twin_id": client.create_twin(),
        "title": f"Made here {uuid4()}",
        "platform": "youtube",
        "scheduled_at": now().isoformat(),
        "script": "Hello from the calendar.",
    }
    answer = client.http.post("/content/calendar", json=item)
    assert answer.status_code == 201, answer.text
    path = f"/content/calendar/{answer.json()['id']}"
    found = until(
        lambda: (seen := client.get(path))["status"] in ("published", "failed") and seen, seconds=150, what="its end"
    )
    assert found["status"] == "published", found
    (post,) = [post for post in stack.sandbox.posts() if post.get("title") == item["title"]]
    assert post["id"] in found["post_url"]
