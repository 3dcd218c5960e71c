"""Voices over HTTP."""

import io
import wave
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from fastapi.testclient import TestClient
from pytest_httpserver import HTTPServer

from content_pipeline.core.settings import settings
from tests.api.conftest import PUBLIC
from tests.core.speech.extra_voices import need_the_extra_voices


@pytest.mark.slow
def test_each_voice_that_is_listed_is_one_that_a_twin_may_have(client: TestClient) -> None:
    voices = client.get(f"{PUBLIC}/voices").json()
    assert "en-US" in {voice["language"] for voice in voices}
    for voice in voices:
        assert client.post(f"{PUBLIC}/twins", json={"name": "A", "voice_id": voice["id"]}).status_code == 201


def test_voices_need_a_key(anonymous_client: TestClient) -> None:
    assert anonymous_client.get(f"{PUBLIC}/voices").status_code == 401


@pytest.mark.slow
@pytest.mark.parametrize("voice_id", ["hibari-heart", "vits-joe", "kokoro-alpha", "pico-de"])
def test_the_sample_of_a_voice_is_made_once_and_can_be_listened_to(client: TestClient, voice_id: str) -> None:
    if voice_id in ("kokoro-alpha", "pico-de"):
        need_the_extra_voices()
    (listed,) = (voice for voice in client.get(f"{PUBLIC}/voices").json() if voice["id"] == voice_id)
    first = client.get(listed["sample_url"])
    assert (first.status_code, first.headers["Content-Type"]) == (200, "audio/wav")
    with wave.open(io.BytesIO(first.content)) as sound:
        samples = np.frombuffer(sound.readframes(sound.getnframes()), np.int16)
        assert 2 < sound.getnframes() / sound.getframerate() < 6
    assert np.abs(samples).max() > 3000
    assert client.get(listed["sample_url"]).content == first.content


@pytest.mark.slow
def test_a_voice_of_an_endpoint_is_paid_once_however_many_listen(
    client: TestClient, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoken = io.BytesIO()
    with wave.open(spoken, "wb") as sound:
        sound.setparams((1, 2, 24_000, 0, "NONE", ""))
        sound.writeframes((np.sin(np.arange(24_000) / 10) * 20_000).astype(np.int16).tobytes())
    httpserver.expect_request("/v1/audio/speech", method="POST").respond_with_data(spoken.getvalue())
    monkeypatch.setattr(settings(), "speech_url", httpserver.url_for("/v1/"))
    monkeypatch.setattr(settings(), "speech_voices", ["nova"])
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: client.get(f"{PUBLIC}/voices/nova/sample"), range(4)))
    assert [answer.status_code for answer in answers] == [200] * 4
    assert len({answer.content for answer in answers}) == 1
    assert len(httpserver.log) == 1


def test_there_is_no_sample_of_an_unknown_voice(client: TestClient) -> None:
    answer = client.get(f"{PUBLIC}/voices/nobody/sample")
    assert (answer.status_code, answer.json()["code"]) == (404, "voice_not_found")
