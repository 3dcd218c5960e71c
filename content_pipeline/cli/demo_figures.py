"""Analytics step of the demo: seeds 30 days of history, back-fills them, prints summary, chart and export link."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import httpx
from rich.table import Table

from content_pipeline.cli import demo_dagster
from content_pipeline.cli.demo_client import call_api, console, download, wait_for_task
from content_pipeline.core.analytics import charts, windows
from content_pipeline.core.analytics.figures import DayFigures
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.platforms.registry import PLATFORMS

DAYS: Final = 30
# The demo gives each account this past: its posts, and the followers that it had before them.
PAST: Final = {"posts": 15, "days": DAYS, "followers": 5000}
SNAPSHOTS: Final = [["metric_snapshots", platform] for platform in PLATFORMS]
DAILY: Final = [["daily_metrics"]]
# A metric's name in the API, and its column in the tables.
COUNTS: Final = {"views": "views", "impressions": "impressions", "likes": "likes", "shares": "shares"}
TOTALS: Final = {**COUNTS, "followers_gained": "new followers", "followers": "followers"}
# Settings of the sandbox: Instagram has figures of a new post after ten minutes, TikTok lists it after one.
DELAYS: Final = ("_insights_seconds", "_listing_seconds")


def make_past(sandbox_url: str, account: str) -> None:
    """Give an account that is new to the sandbox posts of the last 30 days on each platform, made on the phone."""
    with _sandbox(sandbox_url) as sandbox:
        for platform in PLATFORMS:
            named = {"platform": platform, "account": account}
            if sandbox.get("/figures", params=named).status_code == httpx.codes.NOT_FOUND:
                call_api(sandbox, "POST", "/history", json={**named, **PAST})


def run(client: httpx.Client, sandbox_url: str, twin_id: str, folder: Path) -> dict[str, Any]:
    """Read and show the figures: of the accounts, and of the posts of this twin. Returns what there is to open.

    Raises httpx.HTTPError, InternalError.
    """
    console.rule(f"9  Read the figures of {DAYS} days, and the first ones of the new posts")
    with console.status("reading"), _figures_at_once(sandbox_url):
        _read_windows()
    with console.status("deriving days"):
        _derive_days()
    _print_summary(call_api(client, "GET", f"/analytics/social/summary?days={DAYS}"))
    posts = client.get("/analytics/posts", params={"twin_id": twin_id, "by": "likes"}).raise_for_status().json()
    _print_posts(posts)
    export = call_api(client, "POST", "/analytics/social/export", json={"format": "csv", "days": DAYS})
    file = wait_for_task(client, export["task_id"], "exporting")["download_url"]
    rows = client.get(f"/analytics/social?days={DAYS}").raise_for_status().json()
    return {
        "Figures": f"{_draw(rows, folder / 'figures.png')} (chart), {download(file, folder / 'figures.csv')}",
        "Export URL": file,
    }


def _read_windows() -> None:
    """Read the windows of 30 days, the present one included, in which the totals of all posts are read."""
    last = windows.latest_complete(now()).start
    first = last - timedelta(days=DAYS) + windows.LENGTH
    demo_dagster.materialize("metric_snapshots", SNAPSHOTS, *(f"{start:%Y-%m-%d-%H:%M}" for start in (first, last)))


def _derive_days() -> None:
    last = now().date()
    demo_dagster.materialize(demo_dagster.ANY_ASSETS, DAILY, str(last - timedelta(days=DAYS - 1)), str(last))


def _print_summary(summary: Mapping[str, Any]) -> None:
    view = _table(f"{date.fromisoformat(summary['start']):%-d %b} to today", TOTALS.values())
    for platform, of in summary["platforms"].items():
        view.add_row(PLATFORMS[platform].label, *_cells(of["totals"], TOTALS))
    view.add_row("all", *_cells(summary["totals"], TOTALS), style="bold")
    console.print(view, "")


def _print_posts(posts: Sequence[Mapping[str, Any]]) -> None:
    view = _table("the new posts", COUNTS.values())
    for post in posts:
        view.add_row(PLATFORMS[post["platform"]].label, *_cells(post["figures"], COUNTS))
    console.print(view)


def _table(first: str, columns: Iterable[str]) -> Table:
    view = Table(first, box=None, header_style="dim", pad_edge=False)
    for column in columns:
        view.add_column(column, justify="right")
    return view


def _cells(figures: Mapping[str, int | None], metrics: Iterable[str]) -> Iterator[str]:
    for metric in metrics:
        value = figures[metric]
        yield "–" if value is None else f"{value:,}"


def _draw(rows: Sequence[Mapping[str, Any]], target: Path) -> Path:
    """Save the chart of these rows of the API. Returns its path."""
    days = [
        DayFigures(row["platform"], date.fromisoformat(row["date"]), {"views": row["views"]}, row["estimated"])
        for row in rows
    ]
    target.write_bytes(charts.views_by_day(days, "Views by day"))
    return target.resolve()


@contextmanager
def _figures_at_once(sandbox_url: str) -> Iterator[None]:
    """Have the sandbox tell the figures of new posts without the platforms' delay during the block."""
    with _sandbox(sandbox_url) as sandbox:
        settings = call_api(sandbox, "POST", "/settings", json={})
        delays = {name: seconds for name, seconds in settings.items() if name.endswith(DELAYS)}
        call_api(sandbox, "POST", "/settings", json=dict.fromkeys(delays, 0))
        try:
            yield
        finally:
            call_api(sandbox, "POST", "/settings", json=delays)


def _sandbox(url: str) -> httpx.Client:
    return httpx.Client(base_url=f"{url}/_sandbox", timeout=60)
