"""Posts that are prepared ahead and held, while workers and daemon are killed: none is lost or published twice."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from content_pipeline.core.platforms.registry import PLATFORMS
from tests.polling import until
from tests.stack import faults
from tests.stack.client import Client
from tests.stack.harness import Stack

# This stack prepares posts that are due within a longer time than this (conftest.py).
AHEAD = timedelta(minutes=25)
# Timeout for a hanging test, not a product figure.
TIMEOUT_SECONDS = 180


def schedule(client: Client, twin: str, accounts: Mapping[str, str], reel_url: str, moment: datetime) -> list[str]:
    """Schedule a post on each platform that can be prepared ahead. Returns the paths of the items."""
    bodies = [
        {
            "twin_id": twin,
            "title": "How AI is changing content creation",
            "platform": platform,
            "account_id": account,
            "scheduled_at": moment.isoformat(),
            "reel_url": reel_url,
            "caption": f"Look! {uuid4()}",
        }
        for platform, account in accounts.items()
    ]
    answers = [client.http.post("/content/calendar", json=body) for body in bodies]
    assert {answer.status_code for answer in answers} == {201}, [answer.text for answer in answers]
    return [f"/content/calendar/{answer.json()['id']}" for answer in answers]


def wait_until_held(stack: Stack, paths: Sequence[str]) -> None:
    held = (
        "select count(*) from calendar_items item join publications post on post.id = item.publication_id"
        " join tasks task on task.key = post.id::text where item.id = any(cast(:ids as uuid[]))"
        " and post.held and post.prepared is not null and task.state = 'waiting' and task.not_before is null"
    )
    ids = [path.rpartition("/")[2] for path in paths]
    until(lambda: stack.sql(held, ids=ids)[0][0] == len(ids), seconds=TIMEOUT_SECONDS, what="prepared posts")


def wait_for_ends(client: Client, paths: Sequence[str]) -> list[dict[str, Any]]:
    ends = faults.wait_for_ends(
        client, paths, lambda item: item["status"] in ("published", "failed"), seconds=TIMEOUT_SECONDS
    )
    return [ends[path] for path in paths]


def test_prepared_posts_outlive_workers_and_daemon_and_are_published_once(
    stack: Stack, client: Client, reel_url: str
) -> None:
    accounts = {
        platform: client.connect(stack.sandbox, platform) for platform, spec in PLATFORMS.items() if spec.prepares_ahead
    }
    twin = client.create_twin()
    moment = stack.sandbox.now() + AHEAD  # other tests have moved the clock of this stack
    kept, edited = (schedule(client, twin, accounts, reel_url, moment) for _ in range(2))
    wait_until_held(stack, [*kept, *edited])
    items = [client.get(path) for path in (*kept, *edited)]
    assert {(item["status"], item["publish_task_id"]) for item in items} == {("scheduled", None)}
    ours = {item["caption"] for item in items}
    assert not ours & {post["text"].splitlines()[0] for post in stack.sandbox.posts()}

    stack.kill("io", "daemon")
    for path in edited:
        answer = client.http.patch(path, json={"caption": f"Better words! {uuid4()}"})
        assert answer.status_code == 200, answer.text
    for platform in accounts:
        stack.sandbox.fail(platform, "commit", "delay", seconds=5)
    stack.sandbox.advance(AHEAD.total_seconds())
    until(
        lambda: (
            any(client.get(path)["status"] == "publishing" for path in kept) and faults.works_on(stack, "publication")
        ),
        seconds=TIMEOUT_SECONDS,
        what="a released post at work",
    )
    stack.kill("io", "daemon")

    ends = wait_for_ends(client, [*kept, *edited])
    assert [item["reason"] for item in ends] == [None] * len(ends)
    live = Counter(post["text"].splitlines()[0] for post in stack.sandbox.posts())
    assert {caption: live[caption] for caption in ours | {item["caption"] for item in ends}} == {
        **dict.fromkeys(ours, 0),
        **{item["caption"]: 1 for item in ends},
    }
