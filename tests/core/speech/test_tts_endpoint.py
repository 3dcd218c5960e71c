"""Speech by an OpenAI-compatible endpoint."""

import io
import json
import wave
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pydantic import SecretStr
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from content_pipeline.core.errors import Unavailable, UpstreamError
from content_pipeline.core.settings import settings
from content_pipeline.core.speech import hibari, tts_endpoint
from content_pipeline.core.speech.text_normalization import Token, tokenize
from content_pipeline.core.speech.voice_types import Utterance, Voice, VoiceChoice
from tests.media import hostile, samples

KEY = "sk-very-secret"
SCRIPT = "Our plan costs $149 a month. You save $20!"
SAID = "Our plan costs one hundred forty-nine dollars a month. You save twenty dollars!"
NOVA = VoiceChoice(Voice("nova", "Nova", "mul", None, "endpoint"), "en")


@pytest.fixture
def server(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> HTTPServer:
    monkeypatch.setattr(settings(), "speech_url", httpserver.url_for("/v1/"))
    monkeypatch.setattr(settings(), "speech_key", SecretStr(KEY))
    monkeypatch.setattr(settings(), "speech_voices", ["nova", "narrator:en-GB"])
    return httpserver


def _script() -> list[Token]:
    return [token for token in tokenize(SCRIPT, "en") if token.spoken]


@pytest.fixture(scope="module")
def sound() -> Utterance:
    return hibari.speak(_script(), VoiceChoice(hibari.known_voices()[0], "en"))


@pytest.fixture(scope="module")
def wav(sound: Utterance) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setparams((1, 2, sound.rate, 0, "NONE", ""))
        writer.writeframes((sound.samples * 32767).astype(np.int16).tobytes())
    return file.getvalue()


def _answer(server: HTTPServer, body: bytes | str, status: int = 200, **headers: str) -> None:
    server.expect_request("/v1/audio/speech", method="POST").respond_with_data(body, status, headers)


def _failure(server: HTTPServer) -> UpstreamError:
    with pytest.raises(UpstreamError) as raised:
        tts_endpoint.speak(_script(), NOVA)
    assert KEY not in f"{raised.value.to_dict()}{raised.value!r}"
    return raised.value


@pytest.mark.slow
def test_the_endpoint_is_asked_for_what_is_to_be_said(server: HTTPServer, wav: bytes) -> None:
    asked: list[Request] = []

    def answer(request: Request) -> Response:
        asked.append(request)
        return Response(wav)

    server.expect_request("/v1/audio/speech", method="POST").respond_with_handler(answer)
    tts_endpoint.speak(_script(), NOVA)
    assert json.loads(asked[0].data) == {"model": "tts-1", "voice": "nova", "input": SAID, "response_format": "wav"}
    assert asked[0].headers["Authorization"] == f"Bearer {KEY}"
    tts_endpoint.speak(_script(), replace(NOVA, speed=1.2))
    assert json.loads(asked[1].data)["speed"] == 1.2


@pytest.mark.slow
def test_its_words_are_found_in_its_sound(server: HTTPServer, wav: bytes, sound: Utterance) -> None:
    _answer(server, wav)
    utterance = tts_endpoint.speak(_script(), NOVA)
    assert utterance.rate == sound.rate
    np.testing.assert_allclose(utterance.samples, sound.samples, atol=1e-3)
    assert [word.text for word in utterance.words] == SCRIPT.split()
    for found, exact in zip(utterance.words, sound.words, strict=True):
        assert found.start == pytest.approx(exact.start, abs=0.12)


@pytest.mark.slow
def test_a_wav_that_was_streamed_without_knowing_its_length_is_read(server: HTTPServer, wav: bytes) -> None:
    _answer(server, wav[:4] + b"\xff\xff\xff\xff" + wav[8:40] + b"\xff\xff\xff\xff" + wav[44:])
    assert len(tts_endpoint.speak(_script(), NOVA).samples) == pytest.approx((len(wav) - 44) / 2, abs=10)


@pytest.mark.slow
def test_whatever_sound_comes_back_is_decoded(server: HTTPServer, wav: bytes, sound: Utterance, tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(wav)
    mp3 = samples.make(
        tmp_path / "a.mp3", "-i", str(tmp_path / "a.wav"), "-ar", "44100", "-af", "pan=stereo|c0=c0|c1=c0"
    )
    _answer(server, mp3.read_bytes())
    utterance = tts_endpoint.speak(_script(), NOVA)
    assert utterance.rate == 24_000
    assert len(utterance.samples) / utterance.rate == pytest.approx(len(sound.samples) / sound.rate, abs=0.1)
    assert np.abs(utterance.samples).max() == pytest.approx(np.abs(sound.samples).max(), rel=0.1)


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_not_tried_again_and_not_told(server: HTTPServer, status: int) -> None:
    _answer(server, f"Incorrect API key provided: {KEY}", status)
    error = _failure(server)
    assert (error.code, error.retryable) == ("speech_unauthorized", False)
    assert "CONTENT_PIPELINE_SPEECH_KEY" in error.remedy


def test_a_refused_request_says_why(server: HTTPServer) -> None:
    _answer(server, f"voice must be one of alloy, echo (asked with {KEY})", 400)
    error = _failure(server)
    assert (error.code, error.retryable) == ("speech_refused", False)
    assert "voice must be one of alloy, echo" in error.detail


@pytest.mark.parametrize(
    ("status", "code", "header", "seconds"),
    [
        (429, "speech_limited", "20", 20.0),
        (429, "speech_limited", "Wed, 21 Oct 2026 07:28:00 GMT", 0.0),
        (408, "speech_failed", "", None),
        (500, "speech_failed", "", None),
        (503, "speech_failed", "3", 3.0),
    ],
)
def test_what_passes_is_worth_trying_again(
    server: HTTPServer, status: int, code: str, header: str, seconds: float | None
) -> None:
    _answer(server, "", status, **{"Retry-After": header})
    error = _failure(server)
    assert (error.code, error.retryable, error.retry_after) == (code, True, seconds)


@pytest.mark.slow
@pytest.mark.parametrize(
    "body", [b"", b"<html>Welcome</html>", b"#EXTM3U\nhttp://127.0.0.1/a.ts\n", b"RIFF\0\0\0\0WAVE"]
)
def test_what_is_no_sound_is_refused(server: HTTPServer, body: bytes) -> None:
    _answer(server, body)
    error = _failure(server)
    assert (error.code, error.retryable) == ("speech_unreadable", False)


@pytest.mark.slow
def test_sound_of_a_few_bytes_and_hours_is_refused(server: HTTPServer, tmp_path: Path) -> None:
    _answer(server, hostile.lying_flac(tmp_path / "a.flac").read_bytes())
    assert _failure(server).code == "speech_unreadable"


@pytest.mark.slow
def test_an_answer_without_end_is_left(server: HTTPServer, wav: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tts_endpoint, "MAX_BYTES", 10_000)
    _answer(server, wav)
    error = _failure(server)
    assert error.code == "speech_unreadable"
    assert "10,000 bytes" in error.detail


def test_an_endpoint_that_is_not_there_is_worth_trying_again(
    server: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "speech_url", "http://127.0.0.1:1/v1")
    error = _failure(server)
    assert (error.code, error.retryable) == ("speech_unreachable", True)


def test_its_voices_are_those_of_the_settings(server: HTTPServer) -> None:
    assert [(voice.id, voice.language) for voice in tts_endpoint.voices()] == [("nova", "mul"), ("narrator", "en-GB")]


def test_without_an_endpoint_there_are_no_voices_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "speech_voices", ["nova"])
    assert tts_endpoint.voices() == ()
    with pytest.raises(Unavailable) as raised:
        tts_endpoint.speak(_script(), NOVA)
    assert raised.value.code == "voice_missing"
