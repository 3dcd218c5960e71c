from collections.abc import Iterator

import httpx
import pytest
from pydantic import SecretStr

from content_pipeline.core.avatars.heygen import client
from content_pipeline.core.infrastructure.net import read_retries
from content_pipeline.core.settings import settings
from sandbox.heygen.protocol import API_KEY
from sandbox.heygen.webhooks import CALLBACK_SECRET
from tests.core.platforms.wire import Wire
from tests.sandbox_server import Sandbox, served_sandbox

# Shorter than what is taken for a token in error texts: only the client itself can redact it.
KEY = "sk_V2_hgu_k0"


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    """HeyGen over a scripted transport, without pauses between tries."""
    wire = Wire()
    monkeypatch.setattr(read_retries, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(settings(), "heygen_api_key", SecretStr(KEY))
    with httpx.Client(transport=httpx.MockTransport(wire)) as http:
        monkeypatch.setattr(client, "client", lambda: http)
        yield wire


@pytest.fixture(scope="module")
def sandbox_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with served_sandbox(tmp_path_factory.mktemp("sandbox")) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(sandbox_server: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """HeyGen as a stand-in in which nothing has happened, reached as `up` sets it."""
    sandbox_server.reset()
    monkeypatch.setattr(settings(), "heygen_url", f"{sandbox_server.url}/api.heygen.com")
    monkeypatch.setattr(settings(), "heygen_api_key", SecretStr(API_KEY))
    monkeypatch.setattr(settings(), "heygen_webhook_secret", SecretStr(CALLBACK_SECRET))
    with httpx.Client() as http:
        monkeypatch.setattr(client, "client", lambda: http)
        yield sandbox_server
