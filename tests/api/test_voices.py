"""Voices over HTTP."""

import pytest
from fastapi.testclient import TestClient

from tests.api.conftest import PUBLIC


@pytest.mark.slow
def test_each_voice_that_is_listed_is_one_that_a_twin_may_have(client: TestClient) -> None:
    voices = client.get(f"{PUBLIC}/voices").json()
    assert "en-US" in {voice["language"] for voice in voices}
    for voice in voices:
        assert client.post(f"{PUBLIC}/twins", json={"name": "A", "voice_id": voice["id"]}).status_code == 201


def test_voices_need_a_key(anonymous_client: TestClient) -> None:
    assert anonymous_client.get(f"{PUBLIC}/voices").status_code == 401
