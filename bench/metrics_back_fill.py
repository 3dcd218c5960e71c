"""Back-fill of 30 days of metrics in one run: duration and number of API requests."""

import time
from collections.abc import Iterator
from typing import Final

from bench.environment import Environment
from bench.figures import Figure, Target
from content_pipeline.core.analytics import windows
from content_pipeline.core.infrastructure.clock import now
from tests.polling import until

DAYS: Final = 30
PLATFORMS: Final = ("instagram", "linkedin", "tiktok", "youtube")


def measure(environment: Environment) -> Iterator[Figure]:
    """A creator with an account on each platform. Instagram tells the totals of a day only one by one."""
    stack = environment.stack
    latest = windows.latest_complete(now()).start
    asked = [latest - windows.LENGTH * ago for ago in range(1, DAYS * 4 + 1)]
    with environment.client() as client:
        accounts: list[str] = []
        for platform in PLATFORMS:
            stack.sandbox.history(platform, posts=20, days=60)
            accounts.append(client.connect(stack.sandbox, platform))
        before, began = len(stack.sandbox.requests()), time.monotonic()
        assets = [["metric_snapshots", platform] for platform in PLATFORMS]
        keys = [window.strftime("%Y-%m-%d-%H:%M") for window in sorted(asked)]
        back_fill = stack.back_fill(assets, keys)

        def ended() -> list[str] | None:
            runs = stack.tagged_runs("dagster/backfill", back_fill)
            over = runs and all(run["status"] in ("SUCCESS", "FAILURE", "CANCELED") for run in runs)
            return [run["status"] for run in runs] if over else None

        assert until(ended, seconds=600, what="the back-fill", pause=0.5) == ["SUCCESS"]
        seconds = time.monotonic() - began
        requests = len(stack.sandbox.requests()) - before
        of_them = "select count(*) from account_syncs where account_id = any(:accounts) and error is null"
        assert stack.sql(of_them, accounts=accounts) == [(len(PLATFORMS) * len(keys),)]
    yield Figure(f"back-fill of {DAYS} days ({len(keys)} windows, {len(PLATFORMS)} accounts), one run", seconds, "s")
    yield Figure("requests to the platforms, a window", requests / len(keys), "requests", target=Target(1.0))
