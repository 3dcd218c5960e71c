"""Fixtures: a scripted transport and a sandbox server."""

from collections.abc import Iterator

import httpx
import pytest

from content_pipeline.core.infrastructure.net import read_retries
from content_pipeline.core.platforms import transport
from content_pipeline.core.settings import settings
from tests.accounts import sandbox_settings
from tests.core.platforms.wire import Wire
from tests.sandbox_server import Sandbox, served_sandbox


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    """The live platforms' URLs over a scripted transport, without pauses between tries."""
    wire = Wire()
    monkeypatch.setattr(settings(), "platforms", "live")
    monkeypatch.setattr(read_retries, "PAUSE_SECONDS", 0.0)
    with httpx.Client(transport=httpx.MockTransport(wire)) as client:
        monkeypatch.setattr(transport, "client", lambda: client)
        yield wire


@pytest.fixture(scope="module")
def sandbox_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with served_sandbox(tmp_path_factory.mktemp("sandbox")) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(sandbox_server: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """The platforms as stand-ins in which nothing has happened."""
    monkeypatch.setattr(read_retries, "PAUSE_SECONDS", 0.0)
    sandbox_server.reset()
    with sandbox_settings(sandbox_server):
        yield sandbox_server
