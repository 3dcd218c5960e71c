"""What is checked before a message gets to the MCP server."""

import json
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from mcp_types import INVALID_PARAMS

from api.json_routes import MAX_VALUES
from api.limits.body_limits import DEFAULT_BYTES
from api.limits.concurrency import admission_control, concurrency_limit
from api.limits.concurrency.concurrency_limit import ConcurrencyLimit
from api.mcp_server import endpoint, http_transport
from api.mcp_server.rest import in_process
from api.mcp_server.server import TOOLS, build
from content_pipeline.core.settings import settings
from tests.api.conftest import PUBLIC
from tests.api.mcp_server.conftest import Agent

MCP = "/mcp"
HEADERS = {"Accept": "application/json, text/event-stream", "Host": "localhost:8000"}
PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
LIST = PING | {"method": "tools/list"}


def test_a_message_needs_a_key_in_either_header(client: TestClient, anonymous_client: TestClient) -> None:
    without = anonymous_client.post(MCP, json=PING, headers=HEADERS)
    assert (without.status_code, without.json()["code"]) == (401, "key_missing")
    wrong = anonymous_client.post(MCP, json=PING, headers=HEADERS | {"Authorization": "Bearer sk_wrong"})
    assert (wrong.status_code, wrong.json()["code"]) == (401, "key_invalid")
    bearer = {"Authorization": f"Bearer {client.headers['X-API-Key']}"}
    assert anonymous_client.post(MCP, json=PING, headers=HEADERS | bearer).status_code == 200
    assert client.post(MCP, json=PING, headers=HEADERS).status_code == 200


def test_no_form_of_its_path_is_without_a_key(app: FastAPI, client: TestClient, anonymous_client: TestClient) -> None:
    behind_root = TestClient(app, root_path="/root")
    for answer in (
        anonymous_client.post(f"{MCP}%0A", json=PING, headers=HEADERS),
        behind_root.post(f"/root{MCP}", json=PING, headers=HEADERS),
    ):
        assert (answer.status_code, answer.json()["code"]) == (401, "key_missing")
    assert behind_root.post(f"/root{MCP}", json=PING, headers={**HEADERS, **client.headers}).status_code == 200


def test_other_paths_take_no_bearer_token(client: TestClient, anonymous_client: TestClient) -> None:
    bearer = {"Authorization": f"Bearer {client.headers['X-API-Key']}"}
    assert anonymous_client.get(f"{PUBLIC}/tasks", headers=bearer).status_code == 401


def test_an_unknown_host_is_refused_until_the_settings_name_it(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    rebound = HEADERS | {"Host": "attacker.example:8000"}
    refused = client.post(MCP, json=PING, headers=rebound)
    assert (refused.status_code, refused.json()["code"]) == (421, "host_not_allowed")
    assert "CONTENT_PIPELINE_MCP_HOSTS" in refused.json()["remedy"]
    monkeypatch.setattr(settings(), "mcp_hosts", ["attacker.example:8000"])
    assert client.post(MCP, json=PING, headers=rebound).status_code == 200


def test_the_host_of_the_public_address_is_known(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "public_url", "https://api.example.com")
    assert client.post(MCP, json=PING, headers=HEADERS | {"Host": "api.example.com"}).status_code == 200


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "localhost:8123"])
def test_loopback_is_known_with_any_port_or_none(client: TestClient, host: str) -> None:
    assert client.post(MCP, json=PING, headers=HEADERS | {"Host": host}).status_code == 200


def test_the_name_of_a_host_has_no_case(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "public_url", "https://API.example.com")
    for host in ("api.example.com", "Api.Example.COM", "LOCALHOST"):
        assert client.post(MCP, json=PING, headers=HEADERS | {"Host": host}).status_code == 200


def test_pages_of_other_origins_are_refused_until_cors_allows_them(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreign = HEADERS | {"Origin": "https://app.example.com"}
    refused = client.post(MCP, json=PING, headers=foreign)
    assert (refused.status_code, refused.json()["code"]) == (403, "origin_not_allowed")
    monkeypatch.setattr(settings(), "cors_origins", ["https://app.example.com"])
    assert client.post(MCP, json=PING, headers=foreign).status_code == 200


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_there_are_no_sessions_to_listen_to_or_to_end(client: TestClient, method: str) -> None:
    refused = client.request(method, MCP, headers=HEADERS)
    assert (refused.status_code, refused.headers["Allow"]) == (405, "POST")


def test_a_message_has_the_size_of_any_other_body(client: TestClient) -> None:
    long = client.post(MCP, content=b"x" * (DEFAULT_BYTES + 1), headers=HEADERS)
    assert (long.status_code, long.json()["code"]) == (413, "too_large")
    many = json.dumps(PING | {"params": {"many": [0] * (MAX_VALUES + 1)}})
    refused = client.post(MCP, content=many, headers=HEADERS | {"Content-Type": "application/json"})
    assert (refused.status_code, refused.json()["code"]) == (422, "too_many_values")
    deep = client.post(MCP, content=b"[" * 20_000, headers=HEADERS | {"Content-Type": "application/json"})
    assert (deep.status_code, deep.json()["code"]) == (400, "body_nested")


def test_what_is_no_message_is_told_so(client: TestClient) -> None:
    refused = client.post(MCP, content="{", headers=HEADERS | {"Content-Type": "application/json"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, -32700)


def test_messages_count_against_the_quota_of_the_key(server: str, connect) -> None:
    client = connect(requests_per_minute=3)
    answers = [client.post(MCP, json=PING, headers=HEADERS).status_code for _ in range(4)]
    assert answers == [200, 200, 200, 429]


def test_a_key_has_some_messages_at_a_time(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(concurrency_limit, "PATIENCE_SECONDS", 0.01)
    monkeypatch.setattr(endpoint, "MESSAGES", ConcurrencyLimit("call tools", most=0, per_client=1))
    refused = client.post(MCP, json=PING, headers=HEADERS)
    assert (refused.status_code, refused.json()["code"]) == (503, "busy")


@pytest.mark.slow
def test_an_older_client_with_a_handshake_is_served_too(agent: Agent, server: str, client: TestClient) -> None:
    older = Agent(server, client.headers["X-API-Key"], mode="legacy")
    assert older.call("get_workspace") == agent.call("get_workspace")


@pytest.fixture
def _fresh_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has asked it for its tools."""
    monkeypatch.setattr(http_transport, "SERVER", build(in_process))


def _listed(client: TestClient, **params: Any) -> dict[str, Any]:
    answer = client.post(MCP, json=LIST | {"params": params}, headers=HEADERS)
    (data,) = (line.removeprefix("data: ") for line in answer.text.splitlines() if line.startswith("data: "))
    return json.loads(data)


@pytest.mark.usefixtures("_fresh_server")
def test_tools_are_listed_the_same_to_each_client_of_a_version(server: str, client: TestClient) -> None:
    for mode in ("legacy", "auto"):  # only the newer version says with each answer who the server is
        agent = Agent(server, client.headers["X-API-Key"], mode)
        first, again = (agent.run(lambda client: client.list_tools()) for _ in range(2))
        assert first == again
        assert {tool.name for tool in first.tools} == set(TOOLS)
        assert bool(first.meta) is (mode == "auto")


@pytest.mark.usefixtures("_fresh_server")
def test_a_notification_of_that_name_leaves_the_tools_listed(client: TestClient) -> None:
    """What it was answered, which is nothing, was kept for all clients."""
    notification = {name: value for name, value in LIST.items() if name != "id"}
    assert client.post(MCP, json=notification, headers=HEADERS).status_code == 202
    assert len(_listed(client)["result"]["tools"]) == len(TOOLS)


@pytest.mark.usefixtures("_fresh_server")
def test_there_is_one_page_of_tools(client: TestClient) -> None:
    for _ in range(2):
        assert _listed(client, cursor="more")["error"]["code"] == INVALID_PARAMS
        assert len(_listed(client)["result"]["tools"]) == len(TOOLS)


@pytest.mark.slow
def test_the_routes_that_a_tool_calls_are_part_of_its_request(agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    """They waited for a slot of the workspace, which the message to the tool held."""
    monkeypatch.setattr(admission_control, "SLOTS", ConcurrencyLimit("are one", most=1000, per_client=1))
    monkeypatch.setattr(admission_control, "SLOT_SECONDS", 3600.0)
    monkeypatch.setattr(concurrency_limit, "PATIENCE_SECONDS", 0.5)
    assert agent.call("get_workspace")
