"""Figures of a connected account: read by a run, derived by Dagster's automation, and served as rows of a chart."""

import pytest

from content_pipeline.core.analytics import windows
from content_pipeline.core.clock import now
from tests.stack.harness import Client, Stack, until


@pytest.mark.smoke
def test_the_figures_of_an_account_are_read_derived_and_served(stack: Stack, client: Client) -> None:
    stack.sandbox.set(tiktok_listing_seconds=0)
    stack.sandbox.history("tiktok", posts=6, days=5)
    client.connect(stack.sandbox, "tiktok")
    window = windows.latest_complete(now()).start.strftime("%Y-%m-%d-%H:%M")
    # Only this platform: other tests leave accounts on the others that cannot be read any more.
    own = [{"path": ["metric_snapshots", "tiktok"]}]
    stack.wait_for_run(stack.launch("metric_snapshots", window, assetSelection=own), "SUCCESS")

    def served() -> list[dict[str, int | None]] | None:
        rows = client.http.get("/analytics/social", params={"platform": "tiktok", "days": 7}).json()
        return rows if any(row["views"] for row in rows) else None

    rows = until(served, seconds=180, what="figures that are derived", pause=1)
    assert len(rows) == 7
    posts = client.http.get("/analytics/posts").json()
    assert len(posts) == 6
    assert sum(row["views"] or 0 for row in rows) == sum(post["figures"]["views"] for post in posts)
    summary = client.get("/analytics/social/summary?days=7")
    assert summary["platforms"]["tiktok"]["totals"]["views"] == summary["totals"]["views"]
    lanes = stack.graphql(
        """{ runsOrError(filter: {tags: [{key: "dagster/from_automation_condition", value: "true"}]}) {
          ... on Runs { results { tags { key value } } } } }"""
    )["runsOrError"]["results"]
    assert lanes
    assert {tag["value"] for run in lanes for tag in run["tags"] if tag["key"] == "dagster-celery/queue"} == {"io"}
