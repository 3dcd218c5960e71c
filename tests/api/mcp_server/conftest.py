"""Fixtures: the MCP server of a real API, and the SDK's own client of it."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Any, TypeVar

import anyio
import httpx2
import pytest
from fastapi.testclient import TestClient
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult

from api import logs
from api.main import create_app
from tests.api.conftest import PUBLIC
from tests.servers import serving

Found = TypeVar("Found")


@pytest.fixture(scope="module")
def server(database: None) -> Iterator[str]:
    """The API with its lifespan, which delivers progress, but for its logs: they would stay configured."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logs, "configure", lambda: None)
        with serving(create_app(), lifespan="on") as url:
            yield url


class Agent:
    """An MCP client with a key: each call is a connection of its own."""

    def __init__(self, url: str, key: str, mode: str = "auto") -> None:
        self._url, self._key, self._mode = f"{url}/mcp", key, mode

    def run(self, work: Callable[[Client], Awaitable[Found]]) -> Found:
        async def connected() -> Found:
            headers = {"Authorization": f"Bearer {self._key}"}
            async with (
                httpx2.AsyncClient(headers=headers, timeout=60) as http,
                Client(streamable_http_client(self._url, http_client=http), mode=self._mode) as client,
            ):
                return await work(client)

        return anyio.run(connected)

    def try_to(self, tool: str, **arguments: Any) -> CallToolResult:
        return self.run(lambda client: client.call_tool(tool, arguments))

    def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The result of a tool, which must succeed. The SDK has held it against the tool's output schema."""
        result = self.try_to(tool, **arguments)
        assert not result.is_error, result.content
        assert result.structured_content
        return result.structured_content

    def refusal(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The error of a tool, which must fail."""
        result = self.try_to(tool, **arguments)
        assert result.is_error, result.structured_content
        assert result.structured_content
        return result.structured_content


@pytest.fixture
def agent(server: str, client: TestClient) -> Agent:
    return Agent(server, client.headers["X-API-Key"])


@pytest.fixture
def twin_id(client: TestClient) -> str:
    twin: str = client.post(f"{PUBLIC}/twins", json={"name": "Tech Creator", "voice_id": "en-US"}).json()["id"]
    return twin
