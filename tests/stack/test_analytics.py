"""Figures of a connected account: read when it is connected, derived by Dagster's automation, and served as rows of a
chart."""

from datetime import datetime
from typing import Any, Final

import pytest

from tests.polling import until
from tests.stack.client import Client
from tests.stack.harness import Stack


@pytest.mark.smoke
def test_the_figures_of_an_account_are_read_derived_and_served(stack: Stack, client: Client) -> None:
    stack.sandbox.set(tiktok_listing_seconds=0)
    stack.sandbox.history("tiktok", posts=6, days=5)
    client.connect(stack.sandbox, "tiktok")

    def shown() -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = client.http.get("/analytics/social?platform=tiktok&days=7").json()
        return rows

    def served() -> list[dict[str, Any]] | None:
        rows = shown()
        return rows if any(row["views"] for row in rows) else None

    assert all(row["first_figures_by"] for row in shown())
    rows = until(served, seconds=180, what="figures that are derived", pause=1)
    assert [row["first_figures_by"] for row in rows] == 7 * [None]
    posts = client.http.get("/analytics/posts").json()
    assert len(posts) >= 6  # and what other tests have posted to the same account of the sandbox
    assert sum(row["views"] or 0 for row in rows) == sum(post["figures"]["views"] for post in posts)
    summary = client.get("/analytics/social/summary?days=7")
    assert summary["platforms"]["tiktok"]["totals"]["views"] == summary["totals"]["views"]
    lanes = stack.graphql(
        """{ runsOrError(filter: {tags: [{key: "dagster/from_automation_condition", value: "true"}]}) {
          ... on Runs { results { tags { key value } } } } }"""
    )["runsOrError"]["results"]
    assert lanes
    assert {tag["value"] for run in lanes for tag in run["tags"] if tag["key"] == "dagster/queue"} == {"io"}


CHECKS: Final = {
    "metric_snapshots/tiktok": ("accounts_read", "row_counts", "totals_never_fall"),
    "daily_metrics": ("row_counts", "views_unusual"),
    "metrics_dataset": ("row_counts",),
    "current_metrics": ("no_gaps",),
}


@pytest.mark.parametrize("asset", CHECKS)
def test_an_operator_executes_the_checks_of_figures(stack: Stack, asset: str) -> None:
    chosen = [{"assetKey": {"path": asset.split("/")}, "name": name} for name in CHECKS[asset]]
    run = stack.launch("__ASSET_JOB", assetSelection=[], assetCheckSelection=chosen)
    assert stack.check_results_of_run(run).keys() == set(CHECKS[asset])


def test_a_worker_that_is_killed_while_it_reads_leaves_figures_that_are_true(stack: Stack, client: Client) -> None:
    stack.sandbox.set(tiktok_listing_seconds=0)
    stack.sandbox.history("tiktok", account="tech.tom", posts=6, days=5)
    # After the posts an account's own figures are read, from its profile, as it is when it is connected.
    stack.sandbox.fail("tiktok", "grant", "delay", seconds=4, times=500)
    account_id = client.connect(stack.sandbox, "tiktok", username="tech.tom")
    stored = "select 1 from metric_snapshots where account_id = :account"
    until(lambda: stack.sql(stored, account=account_id), seconds=90, what="stored readings of posts", pause=0.05)
    assert stack.sql("select 1 from account_syncs where account_id = :account", account=account_id) == []
    stack.kill("io")
    stack.sandbox.withdraw_faults()
    stack.wait_until_ready()
    read = "select 1 from account_syncs where account_id = :account and error is null"
    until(
        lambda: stack.sql(read, account=account_id), seconds=120, what="the window, read by another worker", pause=0.5
    )
    readings = stack.sql(
        "select post_id, taken_at, snapshot.views from metric_snapshots as snapshot"
        " join social_posts as post on post.id = social_post_id where snapshot.account_id = :account",
        account=account_id,
    )
    assert len({post_id for post_id, _, _ in readings}) == 6
    for post_id, taken_at, views in readings:
        assert views <= true_views(stack, taken_at)[post_id]

    def derived() -> bool:
        """Whether the days of each post add up to its last reading."""
        last = {post_id: views for post_id, _, views in sorted(readings, key=lambda reading: reading[1])}
        sums = stack.sql(
            "select post.post_id, sum(views) from daily_post_metrics as day join social_posts as post"
            " on post.id = social_post_id where day.account_id = :account group by 1",
            account=account_id,
        )
        return dict(sums) == last

    until(derived, seconds=120, what="days that add up to the readings", pause=1)


def true_views(stack: Stack, at: datetime) -> dict[str, int]:
    (truth,) = stack.sandbox.figures("tiktok", at.isoformat(), account="tech.tom")
    return {post["id"]: post["views"] for post in truth["posts"]}
