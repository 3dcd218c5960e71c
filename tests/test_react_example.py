"""The React page in examples/: its hook, run in Node by the query client that React uses, and the page in a browser."""

import csv
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_httpserver import HTTPServer
from starlette.staticfiles import StaticFiles

from api import logs
from api.main import create_app
from content_pipeline.cli.stack_config import ROOT
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Account, DailyMetric, Task, Workspace
from content_pipeline.core.settings import settings
from content_pipeline.core.tasks import tasks
from content_pipeline.core.workspaces import workspaces
from tests.browser import browsing
from tests.export_runs import run_export
from tests.factories import make_account
from tests.programs import leave_out, need
from tests.servers import serving

pytestmark = pytest.mark.slow

PAGE: Final = ROOT / "examples" / "react"
# Runs the hook's query without React, and prints each state that a component would be shown.
MAIN: Final = """
globalThis.window = globalThis; // without one, nothing is fetched again
const { QueryClient, QueryObserver } = await import('@tanstack/react-query');
const { useTask } = await import('./compiled/useTask.js');

const options = useTask('1', process.argv[2], 'sk_1');
const observer = new QueryObserver(new QueryClient({ defaultOptions: { queries: { retry: false } } }), options);
let last;
observer.subscribe(({ data, error }) => {
  if (data !== undefined && data !== last) console.log(JSON.stringify(data));
  last = data;
  if (error) console.log(JSON.stringify({ failed: error.message }));
  if (error || data?.status === 'done' || data?.status === 'error') process.exit(0);
});
"""
# The hook of the specification, but for the type annotations and the address, which are its user's.
SPECIFIED: Final = """
globalThis.window = globalThis;
const { QueryClient, QueryObserver } = await import('@tanstack/react-query');
const useQuery = (it) => it;
function useTask(taskId) {
  return useQuery({
    queryKey: ['task', taskId],
    queryFn: () =>
      fetch(`${process.argv[2]}/api/v1/tasks/${taskId}`, {
        headers: { 'X-API-Key': process.argv[3] },
      }).then(r => r.json()),
    enabled: !!taskId,
    refetchInterval: q =>
      q.state.data?.status === 'done' || q.state.data?.status === 'error'
        ? false
        : 2000,
  });
}

const options = useTask(process.argv[4]);
const observer = new QueryObserver(new QueryClient(), options);
observer.subscribe(({ data, fetchStatus }) => {
  if (data === undefined || fetchStatus !== 'idle') return;
  const again = options.refetchInterval(observer.getCurrentQuery());
  console.log(JSON.stringify({ status: data.status, again }));
  process.exit(0);
});
"""
QUEUED: Final = {"task_id": "1", "status": "queued", "progress": 0, "result": None, "error": None}
HALF: Final = {**QUEUED, "status": "processing", "progress": 50}
DONE: Final = {**QUEUED, "status": "done", "progress": 100, "result": {"output_url": "https://…"}}


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the page's sources, with the packages of its lock."""
    npm, folder = need("npm"), tmp_path_factory.mktemp("react") / "page"
    shutil.copytree(PAGE, folder, ignore=shutil.ignore_patterns("node_modules", "dist"))
    command = [npm, "ci", "--prefer-offline", "--no-audit", "--no-fund"]
    installed = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    if installed.returncode:
        leave_out(f"needs npm packages: {installed.stderr}")
    return folder


# ── the hook ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def hook(sources: Path) -> Path:
    """A module that runs the compiled hook."""
    compile = [need("npm"), "exec", "--", "tsc", "--noEmit", "false", "--rootDir", "src", "--outDir", "compiled"]
    compiled = subprocess.run(compile, capture_output=True, text=True, cwd=sources)
    assert compiled.returncode == 0, compiled.stdout
    module = sources / "compiled" / "useTask.js"
    source = module.read_text()
    without_react = source.replace("import { useQuery } from '@tanstack/react-query';", "const useQuery = (it) => it;")
    assert without_react != source
    module.write_text(without_react)
    main = sources / "main.mjs"
    main.write_text(MAIN)
    return main


def shown(hook: Path, server: HTTPServer) -> list[dict[str, Any]]:
    """The states that are shown until the task has ended."""
    command = [need("node"), str(hook), server.url_for("").rstrip("/")]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in ran.stdout.splitlines()]


def stream(*states: dict[str, Any]) -> str:
    return "".join(f": ping\r\n\r\nevent: progress\r\ndata: {json.dumps(state)}\r\nid: 1\r\n\r\n" for state in states)


def test_a_task_is_shown_as_it_is_pushed(hook: Path) -> None:
    with HTTPServer() as server:
        events = server.expect_oneshot_request("/api/v1/tasks/1/events", headers={"X-API-Key": "sk_1"})
        events.respond_with_data(stream(QUEUED, HALF, DONE), content_type="text/event-stream")
        assert shown(hook, server)[-1] == DONE
        assert [request.path for request, _ in server.log] == ["/api/v1/tasks/1/events"]


@pytest.mark.parametrize(("status", "sent"), [(502, ""), (200, stream(QUEUED)), (200, "<p>Sign in</p>\n")])
def test_it_is_polled_where_no_events_come_through(hook: Path, status: int, sent: str) -> None:
    with HTTPServer() as server:
        for state in (HALF, DONE):
            server.expect_ordered_request("/api/v1/tasks/1/events").respond_with_data(sent, status)
            server.expect_ordered_request("/api/v1/tasks/1").respond_with_json(state)
        states = shown(hook, server)
        server.check_assertions()
    assert states[-1] == DONE
    assert HALF in states


def test_a_refused_request_is_an_error_with_the_servers_sentence(hook: Path) -> None:
    with HTTPServer() as server:
        server.expect_request("/api/v1/tasks/1/events").respond_with_json({"detail": "No such key."}, 401)
        server.expect_request("/api/v1/tasks/1").respond_with_json({"detail": "No such key."}, 401)
        assert shown(hook, server) == [{"failed": "No such key."}]


@pytest.mark.parametrize("is_revoked", [False, True])
def test_the_hook_of_the_specification_ends_at_an_error(
    sources: Path, api_url: str, key: str, *, is_revoked: bool
) -> None:
    hook = sources / "specified.mjs"
    hook.write_text(SPECIFIED)
    sent = "sk_revoked" if is_revoked else key
    ran = subprocess.run(
        [need("node"), str(hook), api_url, sent, "unknown"], capture_output=True, text=True, check=True
    )
    assert json.loads(ran.stdout) == {"status": "error", "again": False}


# ── the page ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def page_url(sources: Path) -> Iterator[str]:
    """The built page, served as any static site."""
    built = subprocess.run([need("npm"), "run", "build"], capture_output=True, text=True, cwd=sources)
    assert built.returncode == 0, built.stdout + built.stderr
    with serving(StaticFiles(directory=sources / "dist", html=True)) as url:
        yield url


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=20_000)  # on a busy machine a page takes a while
    with browsing() as browser:
        yield browser
    expect.set_options(timeout=5_000)


@pytest.fixture
def page(browser: Browser, page_url: str) -> Iterator[Page]:
    """The page as it is opened for the first time."""
    with browser.new_page() as page:
        page.goto(page_url)
        yield page


@pytest.fixture(scope="module")
def api_url(database: None, page_url: str) -> Iterator[str]:
    """The API, which lets this page in."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logs, "configure", lambda: None)  # would stay configured for the tests that follow
        patch.setattr(settings(), "cors_origins", [page_url])
        with serving(create_app(), lifespan="on") as url:
            yield url


@pytest.fixture
def key(workspace_id: UUID) -> str:
    """An API key of the workspace."""
    with transaction() as session:
        name = session.get_one(Workspace, workspace_id).name
        return workspaces.create_key(session, workspace=name)


def record(account_id: UUID, views_by_days_ago: dict[int, int], **figures: int) -> None:
    """Figures of days of an account; on other days nothing is known."""
    with transaction() as session:
        for ago, views in views_by_days_ago.items():
            day = now().date() - timedelta(days=ago)
            session.add(DailyMetric(account_id=account_id, day=day, estimated=False, views=views, **figures))


@pytest.fixture
def account_id(workspace_id: UUID) -> UUID:
    """An account on Instagram with figures of seven of the last 30 days: two runs of days, and one between two gaps."""
    with transaction() as session:
        account_id = make_account(session, workspace_id, "instagram").id
    record(account_id, {20: 50, 19: 70, 17: 0, 16: 1200, 15: 30, 14: 10, 9: 900}, likes=4)
    record(account_id, {40: 2000})
    return account_id


def connect(page: Page, api_url: str, key: str) -> None:
    page.get_by_label("API address").fill(api_url)
    page.get_by_label("API key").fill(key)
    page.get_by_role("button", name="Show the figures").click()


def drawn(page: Page, platform: str = "instagram") -> list[list[float]]:
    """The heights of the points of a platform's line, by run of days that are connected."""
    path = page.locator(f"[data-platform={platform}] path.recharts-area-curve").get_attribute("d")
    assert path
    points = [re.findall(r"([\d.]+),([\d.]+)(?=[A-Z]|$)", run) for run in path.split("M")[1:]]
    return [[float(y) for _, y in run] for run in points]


def test_the_chart_draws_the_rows_of_the_api_with_gaps_where_nothing_is_known(
    page: Page, api_url: str, key: str, account_id: UUID
) -> None:
    connect(page, api_url, key)
    expect(page.locator("path.recharts-area-curve")).to_have_count(1)
    first, second, lone = drawn(page)
    assert (len(first), len(second), len(lone)) == (2, 4, 1)
    zero, most = second[0], second[1]
    heights = [round(1200 * (zero - y) / (zero - most)) for run in (first, second, lone) for y in run]
    assert heights == pytest.approx([50, 70, 0, 1200, 30, 10, 900], abs=2)
    expect(page.locator(".recharts-area-dots circle")).to_have_count(1)


def card(page: Page, name: str) -> str:
    return page.locator(".card").filter(has_text=re.compile(f"^{name}")).inner_text()


def test_the_cards_compare_with_the_period_before_and_show_what_is_not_known_as_a_dash(
    page: Page, api_url: str, key: str, account_id: UUID
) -> None:
    connect(page, api_url, key)
    expect(page.locator(".cards[aria-busy=false]")).to_be_visible()
    assert card(page, "Views").split("\n") == ["Views", "2,260", "▲ 260 (13 %)"]
    assert card(page, "Likes").split("\n") == ["Likes", "28", "–"]
    assert card(page, "Comments").split("\n") == ["Comments", "–", "–"]
    page.get_by_role("button", name="Comments").click()
    expect(page.locator(".chart")).to_contain_text("Nothing is known of these days")


def test_a_fresh_account_is_waited_for_and_its_first_day_is_a_dot_with_its_value(
    page: Page, api_url: str, key: str, workspace_id: UUID
) -> None:
    with transaction() as session:
        account_id = make_account(session, workspace_id, "tiktok").id
    connect(page, api_url, key)
    expect(page.locator(".chart")).to_contain_text(re.compile(r"First figures by \d\d:\d\d"))
    expect(page.get_by_role("button", name="Export 30 days")).to_be_disabled()
    record(account_id, {0: 4792})  # which the page finds by itself
    expect(page.locator(".chart .value")).to_have_text("4,792")
    expect(page.locator(".recharts-area-dots circle")).to_have_count(1)
    expect(page.get_by_text("The 30 days before were not measured.")).to_be_visible()
    assert card(page, "Views").split("\n") == ["Views", "4,792", "–"]


def test_a_platform_and_a_period_are_picked(page: Page, api_url: str, key: str, account_id: UUID) -> None:
    with transaction() as session:
        workspace_id = session.get_one(Account, account_id).workspace_id
        other_id = make_account(session, workspace_id, "youtube").id
    record(other_id, {2: 5, 1: 6, 0: 7})
    connect(page, api_url, key)
    expect(page.locator("path.recharts-area-curve")).to_have_count(2)
    page.get_by_label("Platform").select_option("YouTube")
    page.get_by_label("Period").select_option("7 days")
    expect(page.locator(".chart")).to_have_count(1)
    expect(page.locator(".card").first).to_contain_text("18")
    assert [len(run) for run in drawn(page, "youtube")] == [3]


def test_an_export_is_followed_until_its_link_downloads_the_file(
    page: Page, api_url: str, key: str, account_id: UUID
) -> None:
    connect(page, api_url, key)
    with page.expect_response("**/analytics/social/export") as posted:
        page.get_by_role("button", name="Export 30 days").click()
    task_id = posted.value.json()["task_id"]
    progress = page.get_by_label("Progress of the export")
    expect(progress).to_have_attribute("value", "0")
    with transaction() as session:
        task = session.get_one(Task, task_id)
        tasks.mark_processing(session, task.kind, task.key)
        tasks.set_progress(session, task_id, 0.5)
    expect(progress).to_have_attribute("value", "49")  # of 99 until the task is done
    run_export(task_id)
    with page.expect_download() as started:
        page.get_by_role("link", name="Download 7 rows").click()
    rows = list(csv.DictReader(started.value.path().read_text().splitlines()))
    assert [row["views"] for row in rows] == ["50", "70", "0", "1200", "30", "10", "900"]


def test_the_key_never_reaches_the_address_and_is_forgotten_when_it_is_changed(
    page: Page, api_url: str, key: str, account_id: UUID
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    connect(page, api_url, key)
    expect(page.locator(".chart")).to_have_count(1)
    page.reload()
    expect(page.locator(".chart")).to_have_count(1)
    page.get_by_role("button", name="Change key").click()
    page.reload()
    expect(page.get_by_label("API key")).to_have_value("")
    assert [url for url in [*asked, page.url] if key in url] == []


def test_an_error_is_shown_with_its_remedy(page: Page, api_url: str) -> None:
    connect(page, api_url, "sk_nobody")
    expect(page.get_by_role("alert")).to_contain_text("This API key is not valid.")
    page.get_by_role("button", name="Change key").click()
    connect(page, "http://127.0.0.1:1", "sk_nobody")
    expect(page.get_by_role("alert")).to_contain_text("CONTENT_PIPELINE_CORS_ORIGINS")


def test_a_workspace_without_accounts_is_told_how_to_connect_one(page: Page, api_url: str, key: str) -> None:
    connect(page, api_url, key)
    expect(page.get_by_role("heading", name="No account is connected")).to_be_visible()
