"""Dagster's webserver behind its guard: what other websites' pages can make a browser send, and its own pages."""

import json
from collections.abc import Iterator
from typing import Any

import dagster as dg
import httpx
import pytest
import websockets.sync.client
from dagster_webserver.app import create_app_from_workspace_process_context
from playwright.sync_api import Page, expect
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route
from websockets.exceptions import InvalidStatus

from content_pipeline.core.settings import settings
from content_pipeline.engine.webserver import guarded
from tests.dagster_workspace import workspace
from tests.servers import serving

PROXY = "https://dagster.example.com"
MUTATION = 'mutation { setConcurrencyLimit(concurrencyKey: "pool", limit: 7) }'
FOREIGN = (
    "https://evil.example.com",
    "http://127.0.0.1:9",
    "http://localhost.evil.example.com",
    f"{PROXY}:444",
    "null",
)
SIMPLE_TYPES = (
    None,
    "text/plain",
    "text/plain; application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=application/json",
    "application/graphql",
)


@pytest.fixture(scope="module")
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.instance_for_test() as instance:
        yield instance


@pytest.fixture(scope="module")
def url(instance: dg.DagsterInstance) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch, workspace(instance) as context:
        patch.setattr(settings(), "dagster_public_url", f"{PROXY}/")
        with serving(guarded(context)) as url:
            yield url


@pytest.fixture(scope="module")
def unguarded(instance: dg.DagsterInstance) -> Iterator[str]:
    with workspace(instance) as context, serving(create_app_from_workspace_process_context(context)) as url:
        yield url


@pytest.fixture
def unchanged(instance: dg.DagsterInstance) -> dg.DagsterInstance:
    instance.event_log_storage.delete_concurrency_limit("pool")
    return instance


def is_changed(instance: dg.DagsterInstance) -> bool:
    return instance.event_log_storage.get_concurrency_keys() != set()


def post(url: str, **headers: str) -> httpx.Response:
    sent = {"Content-Type": "application/json", **headers}
    return httpx.post(f"{url}/graphql", content=json.dumps({"query": MUTATION}), headers=sent)


@pytest.mark.slow
def test_a_program_executes_mutations_as_json(url: str, unchanged: dg.DagsterInstance) -> None:
    assert post(url).json() == {"data": {"setConcurrencyLimit": True}}
    assert is_changed(unchanged)


@pytest.mark.slow
def test_dagsters_own_page_executes_mutations(url: str, unchanged: dg.DagsterInstance) -> None:
    assert post(url, Origin=url).status_code == 200
    assert is_changed(unchanged)


@pytest.mark.slow
@pytest.mark.parametrize("headers", [{}, {"Host": "dagster.example.com"}], ids=["own host", "the browser's host"])
def test_dagsters_own_page_behind_a_proxy_executes_mutations(
    url: str, unchanged: dg.DagsterInstance, headers: dict[str, str]
) -> None:
    assert post(url, Origin=PROXY, **headers).status_code == 200
    assert is_changed(unchanged)


@pytest.mark.parametrize("origin", FOREIGN)
def test_a_page_of_another_origin_executes_nothing(url: str, unchanged: dg.DagsterInstance, origin: str) -> None:
    refused = post(url, Origin=origin)
    assert (refused.status_code, is_changed(unchanged)) == (403, False)
    assert "CONTENT_PIPELINE_DAGSTER_PUBLIC_URL" in refused.text


@pytest.mark.slow
@pytest.mark.parametrize("content_type", SIMPLE_TYPES)
@pytest.mark.parametrize("path", ["/graphql", "/report_asset_materialization/narration"])
def test_what_a_page_can_send_without_asking_executes_nothing(
    url: str, unchanged: dg.DagsterInstance, content_type: str | None, path: str
) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    refused = httpx.post(f"{url}{path}", params={"query": MUTATION}, content=MUTATION, headers=headers)
    assert (refused.status_code, is_changed(unchanged)) == (415, False)
    assert unchanged.get_latest_materialization_event(dg.AssetKey("narration")) is None


@pytest.mark.parametrize("path", ["/graphql", "/%67raphql"])
@pytest.mark.parametrize("accept", ["*/*", "text/html"])
def test_a_link_or_a_picture_executes_nothing(url: str, unchanged: dg.DagsterInstance, path: str, accept: str) -> None:
    refused = httpx.get(f"{url}{path}", params={"query": MUTATION}, headers={"Accept": accept})
    assert (refused.status_code, refused.headers["allow"], is_changed(unchanged)) == (405, "POST", False)


@pytest.mark.parametrize(
    "host", ["evil.example.com", "127.0.0.1.evil.example.com:3000", "localhost@evil.example.com", ""]
)
def test_a_name_that_was_rebound_to_loopback_reads_and_executes_nothing(
    url: str, unchanged: dg.DagsterInstance, host: str
) -> None:
    assert httpx.get(f"{url}/server_info", headers={"Host": host}).status_code == 421
    assert post(url, Host=host, Origin=f"http://{host}").status_code == 421
    assert not is_changed(unchanged)


@pytest.mark.parametrize("host", ["localhost:8080", "[::1]:3000", "LOCALHOST", "dagster.example.com"])
def test_loopback_by_any_name_and_the_proxys_are_served(url: str, host: str) -> None:
    assert httpx.get(f"{url}/server_info", headers={"Host": host}).status_code == 200


def test_dagsters_own_page_subscribes(url: str) -> None:
    with connect(url, origin=url) as socket:
        socket.send(json.dumps({"type": "connection_init"}))
        assert json.loads(socket.recv(10)) == {"type": "connection_ack"}
        query = 'subscription { pipelineRunLogs(runId: "1") { ... on PipelineRunLogsSubscriptionFailure { message } } }'
        socket.send(json.dumps({"type": "start", "id": "1", "payload": {"query": query}}))
        assert "Could not load run" in json.loads(socket.recv(10))["payload"]["data"]["pipelineRunLogs"]["message"]


@pytest.mark.parametrize("origin", FOREIGN)
def test_a_page_of_another_origin_opens_no_web_socket(url: str, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        connect(url, origin=origin)
    assert refused.value.response.status_code == 403


def test_a_name_that_was_rebound_opens_no_web_socket(url: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        connect(url.replace("127.0.0.1", "evil.example.com"), address=("127.0.0.1", httpx.URL(url).port))
    assert refused.value.response.status_code == 403


def connect(url: str, **options: Any) -> websockets.sync.client.ClientConnection:
    address = f"{url.replace('http', 'ws', 1)}/graphql"
    return websockets.sync.client.connect(address, subprotocols=["graphql-ws"], proxy=None, **options)


@pytest.mark.slow
def test_a_read_only_webserver_shows_everything_and_changes_nothing(unchanged: dg.DagsterInstance) -> None:
    with workspace(unchanged, read_only=True) as context, serving(guarded(context)) as url:
        refused = post(url).json()
        shown = httpx.post(f"{url}/graphql", json={"query": "{ instance { hasInfo } }"}).json()
        reported = httpx.post(f"{url}/report_asset_materialization/narration", json={})
    assert shown == {"data": {"instance": {"hasInfo": True}}}
    assert "Unauthorized" in refused["errors"][0]["message"]
    assert not is_changed(unchanged)
    assert reported.status_code == 401


def test_no_page_of_another_origin_shows_dagsters_in_a_frame(url: str) -> None:
    assert httpx.get(f"{url}/runs").headers["x-frame-options"] == "SAMEORIGIN"


ADDRESS = "target + '/graphql?query=' + encodeURIComponent(query)"
ATTACKS = {
    "a picture": f"""new Promise((end) => {{
        const picture = new Image(); picture.onload = picture.onerror = end; picture.src = {ADDRESS} }})""",
    "a link": f"fetch({ADDRESS}, {{mode: 'no-cors'}})",
    "a form": f"fetch({ADDRESS}, {{mode: 'no-cors', method: 'POST', body: new URLSearchParams({{query}})}})",
    "text": f"fetch({ADDRESS}, {{mode: 'no-cors', method: 'POST', body: query}})",
}
SOCKET = """(target) => new Promise((end) => {
    const socket = new WebSocket(target.replace('http', 'ws') + '/graphql', 'graphql-ws');
    socket.onopen = () => end('open'); socket.onerror = () => end('refused') })"""


@pytest.mark.slow
def test_dagsters_pages_work_in_a_browser(url: str, page: Page) -> None:
    failures: list[str] = []
    page.on("response", lambda answer: answer.status >= 400 and failures.append(f"{answer.status} {answer.url}"))
    page.goto(f"{url}/runs")
    expect(page.get_by_text("Deployment")).to_be_visible(timeout=30_000)
    assert page.evaluate(SOCKET, url) == "open"
    assert failures == []


@pytest.fixture
def foreign_page(page: Page) -> Iterator[Page]:
    with serving(Starlette(routes=[Route("/", lambda _: HTMLResponse("Hello"))])) as elsewhere:
        page.goto(elsewhere)
        yield page


@pytest.mark.slow
@pytest.mark.parametrize("attack", ATTACKS)
def test_only_the_guard_keeps_another_websites_page_from_executing_mutations(
    url: str, unguarded: str, unchanged: dg.DagsterInstance, foreign_page: Page, attack: str
) -> None:
    script = f"([target, query]) => {ATTACKS[attack]}.then(() => null)"
    foreign_page.evaluate(script, [url, MUTATION])
    assert not is_changed(unchanged)
    foreign_page.evaluate(script, [unguarded, MUTATION])
    assert is_changed(unchanged)


@pytest.mark.slow
def test_only_the_guard_keeps_another_websites_page_from_subscribing(
    url: str, unguarded: str, foreign_page: Page
) -> None:
    assert [foreign_page.evaluate(SOCKET, target) for target in (url, unguarded)] == ["refused", "open"]
