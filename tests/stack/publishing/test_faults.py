"""Fault injection: posts while processes are killed and platforms drop responses. None is lost or published twice.

`make faults` runs it with 200 posts; the test suite with fewer.
"""

import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

from content_pipeline.core.platforms.registry import PLATFORMS
from tests.stack import faults
from tests.stack.harness import Client, Stack

# Each request is a post on every platform.
REQUESTS = int(os.environ.get("FAULTS_POSTS", "12")) // len(PLATFORMS)
# TikTok allows six post inits per account and minute; each is sent twice here, since the first response is dropped.
POSTS_AN_ACCOUNT = 3
# Timeout for a hanging test, not a product figure: 24 posts take 80 s alone, 133 s in parallel with other tests.
TIMEOUT_SECONDS = 300 + 30 * REQUESTS
# After the supervisor's death everything restarts, for 20 s; without the daemon no run starts for 15 s.
VICTIMS = ("io", "api", "daemon", "supervisor")
# Each once in the test suite.
KILLS = len(VICTIMS) * max(1, REQUESTS // 6)


def test_no_post_is_lost_and_none_goes_out_twice(stack: Stack, client: Client, reel_url: str) -> None:
    creators = [
        {platform: client.connect(stack.sandbox, platform, f"creator{number}") for platform in PLATFORMS}
        for number in range(-(-REQUESTS // POSTS_AN_ACCOUNT))
    ]
    for platform in PLATFORMS:
        for step in ("prepare", "commit"):
            stack.sandbox.fail(platform, step, "accept_then_drop", times=REQUESTS)
    captions = [f"Post {number} {uuid4()}" for number in range(REQUESTS)]
    bodies = [
        {
            "platforms": list(PLATFORMS),
            "reel_url": reel_url,
            "caption": caption,
            "accounts": creators[number // POSTS_AN_ACCOUNT],
        }
        for number, caption in enumerate(captions)
    ]
    with (
        faults.kills(stack, VICTIMS, times=KILLS, pause=(2, 5), kind="publication", seconds=TIMEOUT_SECONDS) as killed,
        ThreadPoolExecutor() as pool,
    ):
        accepted = [
            answer["results"]
            for answer in pool.map(
                lambda body: faults.post(client, "/social/publish", body, seconds=TIMEOUT_SECONDS), bodies
            )
        ]
        paths = [f"/social/publish/{result['task_id']}" for results in accepted for result in results]
        outcomes = faults.wait_for_ends(
            client, paths, lambda answer: answer["outcome"] != "publishing", seconds=TIMEOUT_SECONDS
        )
    assert len(killed) >= len(VICTIMS) - 1
    live = Counter((post["platform"], post["text"].splitlines()[0]) for post in stack.sandbox.posts())
    for caption, results in zip(captions, accepted, strict=True):
        for result in results:
            outcome = outcomes[f"/social/publish/{result['task_id']}"]
            times = live[result["platform"], caption]
            expected = {"published": {1}, "failed": {0}, "unconfirmed": {0, 1}}[outcome["outcome"]]
            assert times in expected, (times, outcome)
            assert outcome["outcome"] == "published" or outcome["error"]["message"]
    ends = Counter(outcome["outcome"] for outcome in outcomes.values())
    assert ends["published"] >= 0.9 * len(paths)
    counts = ", ".join(f"{number} {end}" for end, number in ends.items())
    print(f"\n{len(paths)} posts, {len(killed)} services killed: {counts}; none lost, none twice")  # noqa: T201 - for `make faults`
