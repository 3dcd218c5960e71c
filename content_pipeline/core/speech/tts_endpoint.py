"""TTS engine client for OpenAI-compatible `/audio/speech` endpoints, hosted or self-hosted.

The endpoint is an operator setting, so its address is trusted; its response is limited in size and decoded as
untrusted audio. It reports no timings, so words are force-aligned.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import httpx
import numpy as np

from content_pipeline.core.errors import MediaUnusable, NotMedia, Unavailable
from content_pipeline.core.infrastructure.net.openai_endpoint import Endpoint
from content_pipeline.core.media import untrusted
from content_pipeline.core.media.pace import DEFAULT_SPEED
from content_pipeline.core.settings import settings
from content_pipeline.core.speech.forced_alignment import align
from content_pipeline.core.speech.text_normalization import Token
from content_pipeline.core.speech.voice_types import (
    MULTILINGUAL,
    Samples,
    Utterance,
    Voice,
    VoiceChoice,
    spoken_text,
)

SAMPLE_RATE: Final = 24_000
# A minute and a half of 48 kHz stereo WAV has 17 MB; chunks are shorter.
MAX_BYTES: Final = 32 << 20
_BYTES_PER_SAMPLE: Final = 4
# Endpoints on a CPU synthesize slower than real time.
_TIMEOUT: Final = httpx.Timeout(180.0, connect=10.0)


def voices() -> tuple[Voice, ...]:
    """The configured voices ("nova", or "nova:en-US" for a single language)."""
    named = [entry.partition(":") for entry in settings().speech_voices if settings().speech_url]
    return tuple(
        Voice(id=name, name=name.capitalize(), language=language or MULTILINGUAL, gender=None, provider="endpoint")
        for name, _, language in named
    )


def speak(tokens: Sequence[Token], choice: VoiceChoice) -> Utterance:
    """Synthesize sentences at 24 kHz, with force-aligned words.

    Raises UpstreamError: `speech_unreachable`, `speech_limited` (with `retry_after`) and `speech_failed` are
    retryable; `speech_unauthorized`, `speech_refused` and `speech_unreadable` are not. Raises
    Unavailable `voice_missing` where no endpoint is set.
    """
    samples = synthesize(spoken_text(tokens), choice)
    return Utterance(samples, SAMPLE_RATE, align(samples, SAMPLE_RATE, tokens, choice.language))


def synthesize(text: str, choice: VoiceChoice) -> Samples:
    """The sound alone, mono at 24 kHz. Raises as `speak` does, and loads no model."""
    if not settings().speech_url:
        raise Unavailable(
            f"No endpoint speaks with the voice {choice.voice.id} any more.",
            code="voice_missing",
            remedy="Set CONTENT_PIPELINE_SPEECH_URL, or choose another voice.",
            retryable=False,
        )
    return _decode(_request(text, choice))


def configured_endpoint() -> Endpoint:
    """The endpoint that the settings name."""
    return Endpoint(
        name="The speech endpoint",
        code="speech",
        setting="CONTENT_PIPELINE_SPEECH",
        url=settings().speech_url,
        key=settings().speech_key,
        timeout=_TIMEOUT,
        max_bytes=MAX_BYTES,
    )


def _request(text: str, choice: VoiceChoice) -> bytes:
    payload: dict[str, Any] = {
        "model": settings().speech_model,
        "voice": choice.voice.id,
        "input": text,
        "response_format": "wav",
    }
    if choice.speed != DEFAULT_SPEED:  # not every server knows the field
        payload["speed"] = choice.speed
    endpoint = configured_endpoint()
    with endpoint.post("audio/speech", payload) as response:
        return endpoint.read(response)


def _decode(body: bytes) -> Samples:
    """Decode a response in any supported audio format to mono samples, no more than a narration may have."""
    most = _BYTES_PER_SAMPLE * round(settings().narration_seconds * SAMPLE_RATE + SAMPLE_RATE)
    with tempfile.NamedTemporaryFile() as file:
        file.write(body)
        file.flush()
        try:
            with untrusted.sound(Path(file.name), rate=SAMPLE_RATE, channels=1) as sound:
                return np.frombuffer(sound.read(most), np.float32)
        except (MediaUnusable, NotMedia) as error:
            raise configured_endpoint().unreadable("answered with something that is not audio") from error
