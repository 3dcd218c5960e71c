"""Fixture: a fake language model server, and a client of its admin endpoints."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from content_pipeline.core.settings import settings
from sandbox.language_model import create_app
from tests.servers import serving

KEY = "sandbox-very-secret"


class LanguageModel:
    """Client of a running fake language model."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def will_answer(self, text: str = "", **how: Any) -> None:
        """Queue an answer; `how` are further fields of `sandbox.language_model.Answer`."""
        self._http.post("/answers", json={"text": text, **how}).raise_for_status()

    def requests(self) -> list[dict[str, Any]]:
        """The requests received so far: `body`, and whether the client `aborted` it."""
        requests: list[dict[str, Any]] = self._http.get("/requests").json()
        return requests

    def asked(self) -> list[list[dict[str, str]]]:
        """The messages of each request so far."""
        return [request["body"]["messages"] for request in self.requests()]


@pytest.fixture
def language_model(monkeypatch: pytest.MonkeyPatch) -> Iterator[LanguageModel]:
    with serving(create_app()) as url, httpx.Client(base_url=url) as http:
        monkeypatch.setattr(settings(), "text_url", f"{url}/v1/")
        monkeypatch.setattr(settings(), "text_key", SecretStr(KEY))
        monkeypatch.setattr(settings(), "text_model", "gpt-sandbox")
        yield LanguageModel(http)
