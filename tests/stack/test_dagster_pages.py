"""An operator's morning on Dagster's own pages, by clicks alone: finds what failed yesterday, and repairs it.

SCREENSHOTS=folder keeps a picture of each step, as `make operators` does.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import NullPool, create_engine, text

from content_pipeline.core.tasks.partition_keys import row_id
from tests.browser import Pictures, browsing
from tests.polling import until
from tests.stack.client import Client
from tests.stack.conftest import Background
from tests.stack.harness import Stack

DAY_SECONDS: Final = 86_400
# Dagster takes its times from the system's clock, which a test leaves alone.
MOVE_TO_YESTERDAY: Final = (
    """update runs set create_timestamp = create_timestamp - interval '1 day', start_time = start_time - :day,
    update_timestamp = update_timestamp - interval '1 day', end_time = end_time - :day where run_id = any(:runs)""",
    """update event_logs set timestamp = timestamp - interval '1 day', event = jsonb_set(event::jsonb, '{timestamp}',
    to_jsonb((event::jsonb ->> 'timestamp')::float8 - :day)) where run_id = any(:runs)""",
)


class DagsterPages:
    """Dagster's pages, as an operator sees them on the screen of a notebook."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self._pictures = Pictures()
        page.goto(url)

    def picture(self, name: str) -> None:
        expect(self.page.get_by_text(re.compile("^(Loading|Refreshing)"))).to_have_count(0, timeout=60_000)
        self._pictures.take(self.page, name)

    def go_to(self, name: str) -> None:
        """By the navigation at the left."""
        self.page.get_by_role("navigation").get_by_text(name, exact=True).click()

    def filter_runs(self, by: str, value: str) -> None:
        choices = self.page.locator(".filter-dropdown")
        self.page.get_by_role("button", name=re.compile("Filter$")).click()
        choices.get_by_text(by, exact=True).click()
        choices.get_by_role("menuitem").filter(has_text=value).first.click()
        self.page.mouse.click(900, 25)  # beside them: they stay where more than one can be chosen
        expect(choices).to_be_hidden()

    def open_tab(self, name: str) -> None:
        self.page.get_by_role("tab", name=name, exact=True).last.click()

    def listed_runs(self) -> Locator:
        return self.page.get_by_role("link", name=re.compile(r"^run [0-9a-f]{8}$"))


@pytest.fixture
def pages(stack: Stack) -> Iterator[DagsterPages]:
    with browsing() as browser:
        page = browser.new_page(viewport={"width": 1440, "height": 900}, timezone_id="UTC")
        page.set_default_timeout(60_000)
        yield DagsterPages(page, f"http://127.0.0.1:{stack.dagster_port}")


@contextmanager
def yesterday(stack: Stack) -> Iterator[None]:
    """What is accepted in this block is of yesterday, by the stack's own clock."""
    stack.sandbox.advance(-DAY_SECONDS)
    try:
        yield
    finally:
        stack.sandbox.advance(DAY_SECONDS)


def failed_batch(client: Client, background: Background, count: int) -> str:
    """A batch of so many reels, which have failed. Returns its id."""
    batch = client.batch(*({"script": f"Bread number {n}.", "background_url": background.url} for n in range(count)))
    assert client.wait_for_task(batch["task_id"])["status"] == "error"
    batch_id: str = batch["batch_id"]
    return batch_id


def failed_runs(stack: Stack, jobs: list[dict[str, Any]]) -> list[str]:
    """The ids of the runs of these rows, which have failed."""
    runs = [stack.runs(job["task_id"])[0]["runId"] for job in jobs]
    for run in runs:
        stack.wait_for_run(run, "FAILURE")
    return runs


def move_to_yesterday(stack: Stack, runs: list[str]) -> None:
    engine = create_engine(stack.configuration["CONTENT_PIPELINE_DAGSTER_DATABASE_URL"], poolclass=NullPool)
    with engine.begin() as dagster:
        for statement in MOVE_TO_YESTERDAY:
            dagster.execute(text(statement), {"runs": runs, "day": DAY_SECONDS})


def wait_until_done(client: Client, batch: str, jobs: list[dict[str, Any]]) -> None:
    """Wait until the newest task of each of these rows of a batch is done."""
    rows = {job["job_id"] for job in jobs}

    def are_done() -> bool:
        newest = [job["task_id"] for job in client.jobs(batch) if job["job_id"] in rows]
        return all(client.task(task_id)["status"] == "done" for task_id in newest)

    until(are_done, seconds=180, what=f"the repair of {len(rows)} reels", pause=0.5)


def read_why(pages: DagsterPages, workspace: str, runs: list[str]) -> None:
    """Find yesterday's failed runs of a workspace among all, and open the first that failed."""
    pages.go_to("Runs")
    expect(pages.page.get_by_role("button", name=re.compile("^View all tags")).nth(4)).to_be_in_viewport()
    pages.picture("all runs")
    pages.filter_runs("Status", "Failure")
    pages.filter_runs("Launched by", workspace)
    pages.filter_runs("Created date", "Yesterday")
    expect(pages.listed_runs()).to_have_count(len(runs))
    assert {*pages.listed_runs().all_inner_texts()} == {run[:8] for run in runs}
    pages.picture("failed yesterday")
    pages.listed_runs().filter(has_text=runs[0][:8]).click()
    # The event at the end, which the page shows first.
    pages.page.get_by_text("localhost has no such file. Check the address.").last.wait_for()
    pages.picture("failed run")
    message = pages.page.get_by_role("button", name="View full message")
    event = pages.page.locator("div").filter(has_text="STEP_FAILURE").filter(has=message).last
    event.locator(message).click()
    expect(pages.page.get_by_role("dialog")).to_contain_text("remote_not_found")
    pages.picture("reason")
    pages.page.get_by_role("button", name="Done", exact=True).click()


def run_again(pages: DagsterPages) -> None:
    pages.page.get_by_role("button", name="Re-execute all").click()
    pages.page.get_by_text("Success", exact=True).wait_for()
    pages.picture("run again")


def open_asset(pages: DagsterPages) -> None:
    pages.go_to("Catalog")
    pages.page.get_by_role("link", name="reel_video").first.click()
    pages.page.get_by_text("Latest materialization").first.wait_for()


def back_fill(pages: DagsterPages, keys: list[str]) -> None:
    """Make the videos of these keys again by the dialog of the asset's page."""
    page = pages.page
    open_asset(pages)
    page.get_by_role("link", name="Tech Creator").wait_for()
    pages.picture("asset")
    pages.open_tab("Partitions")
    pages.picture("partitions")
    page.get_by_role("button", name="Materialize…").click()
    page.get_by_text("Select a partition or create one").click()
    page.get_by_placeholder("Filter partitions").fill(keys[0].removesuffix(f"-{row_id(keys[0])}"))
    pages.picture("partitions of a day and a workspace")
    for key in keys:
        page.locator(".dagster-popover").get_by_text(key, exact=True).first.click()
    pages.picture("three chosen")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Launch backfill").click()
    pages.picture("back-fill")


def see_back_fill(pages: DagsterPages) -> None:
    pages.go_to("Runs")
    pages.open_tab("Backfills")
    pages.page.get_by_text("3 partitions").first.wait_for()
    pages.picture("back-fills")


def execute_check(pages: DagsterPages, name: str) -> None:
    """Execute a check of the newest video, and see its result in the log of its run and on its own page."""
    open_check(pages, name)
    pages.picture("check")
    pages.page.get_by_role("button", name="Execute", exact=False).last.click()
    pages.page.get_by_text("View", exact=True).last.click()
    pages.page.get_by_text(f"Check {name} succeeded").first.wait_for()
    pages.picture("executed check")
    open_check(pages, name)
    pages.picture("check with its result")
    pages.open_tab("Partitions")
    # No failed execution is left, neither of yesterday's runs nor of today's.
    pages.page.get_by_text("Execution Failed (0)").wait_for()
    pages.picture("check by partition")


def open_check(pages: DagsterPages, name: str) -> None:
    open_asset(pages)
    pages.open_tab("Checks")
    pages.page.get_by_text(name, exact=True).first.click()
    pages.page.get_by_text("Latest execution").wait_for()


def test_an_operator_finds_reads_and_repairs_yesterdays_failed_reels(
    stack: Stack, background: Background, pages: DagsterPages
) -> None:
    name, other_name = f"bakery-{uuid4().hex[:6]}", f"florist-{uuid4().hex[:6]}"
    with stack.client(name) as client, stack.client(other_name) as other:
        with yesterday(stack):
            batch = failed_batch(client, background, 4)
            foreign = other.jobs(failed_batch(other, background, 1))
        recent = client.jobs(failed_batch(client, background, 1))
        first, *others = jobs = client.jobs(batch)
        runs, foreign_runs, recent_runs = (failed_runs(stack, some) for some in (jobs, foreign, recent))
        move_to_yesterday(stack, [*runs, *foreign_runs])

        read_why(pages, name, runs)
        background.is_mended = True
        run_again(pages)
        wait_until_done(client, batch, [first])

        back_fill(pages, [stack.partition_key(job["job_id"]) for job in others])
        wait_until_done(client, batch, others)
        see_back_fill(pages)
        execute_check(pages, "loudness")

        assert [failed_runs(stack, some) for some in (foreign, recent)] == [foreign_runs, recent_runs]
        assert {other.task(job["task_id"])["status"] for job in foreign} == {"error"}
