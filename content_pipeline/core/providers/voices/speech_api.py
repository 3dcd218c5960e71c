"""Voices behind an OpenAI-compatible `/audio/speech`: hosted ones and self-hosted ones alike.

The endpoint is the operator's own setting, so its address is trusted; what it answers is limited in size and decoded
as audio only. It gives no times: the words are aligned with what is heard.
"""

import io
from collections.abc import Sequence
from http import HTTPStatus
from typing import Final

import av
import httpx
import numpy as np

from content_pipeline.core.errors import Remote, Unavailable
from content_pipeline.core.media.probe import FORMATS
from content_pipeline.core.providers.voices.alignment import align
from content_pipeline.core.providers.voices.spoken_form import Token
from content_pipeline.core.providers.voices.voice import MANY, Choice, Samples, Utterance, Voice, spoken_line
from content_pipeline.core.settings import settings

RATE: Final = 24_000
# A minute and a half of 48 kHz stereo WAV has 17 MB; pieces are shorter.
_MAX_BYTES: Final = 32 << 20
# Endpoints on a CPU speak slower than a person does.
_TIMEOUT: Final = httpx.Timeout(180.0, connect=10.0)
_SAID_CHARACTERS: Final = 200


def voices() -> tuple[Voice, ...]:
    """The voices that the settings name ("nova", or "nova:en-US" for one that speaks only that)."""
    named = [entry.partition(":") for entry in settings().speech_voices if settings().speech_url]
    return tuple(
        Voice(id=name, name=name.capitalize(), language=language or MANY, gender=None, provider="endpoint")
        for name, _, language in named
    )


def speak(tokens: Sequence[Token], choice: Choice) -> Utterance:
    """Some sentences, at 24 kHz, with words aligned to what is heard.

    Raises Remote: `speech_unreachable`, `speech_limited` (`retry_after` says when again) and `speech_failed`, which
    are worth trying again; `speech_unauthorized`, `speech_refused` and `speech_unreadable`, which are not. Raises
    Unavailable `voice_missing` where no endpoint is set.
    """
    if not settings().speech_url:
        raise Unavailable(
            f"No endpoint speaks with the voice {choice.voice.id} any more.",
            code="voice_missing",
            remedy="Set CONTENT_PIPELINE_SPEECH_URL, or choose another voice.",
            retryable=False,
        )
    samples = _decoded(_requested(spoken_line(tokens), choice.voice.id))
    return Utterance(samples, RATE, align(samples, RATE, tokens, choice.language))


def _requested(text: str, voice: str) -> bytes:
    key = settings().speech_key.get_secret_value()
    wish = {"model": settings().speech_model, "voice": voice, "input": text, "response_format": "wav"}
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    try:
        with httpx.stream(
            "POST", f"{settings().speech_url.rstrip('/')}/audio/speech", json=wish, headers=headers, timeout=_TIMEOUT
        ) as response:
            body = _limited(response)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Remote(
            f"The speech endpoint could not be reached, or broke off ({type(error).__name__}).",
            code="speech_unreachable",
            remedy="Try again; check CONTENT_PIPELINE_SPEECH_URL if it stays like that.",
            retryable=True,
        ) from error
    if not response.is_success:
        raise _refusal(response, body)
    return body


def _limited(response: httpx.Response) -> bytes:
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > _MAX_BYTES:
            raise _unreadable(f"sent more than {_MAX_BYTES:,} bytes")
    return bytes(body)


def _refusal(response: httpx.Response, body: bytes) -> Remote:
    """The error for an answer that is no sound. The endpoint's words tell what is wrong with a request; they may
    quote its key."""
    status = response.status_code
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return Remote(
            "The speech endpoint refused the key.",
            code="speech_unauthorized",
            remedy="Check CONTENT_PIPELINE_SPEECH_KEY.",
        )
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Remote(
            "The speech endpoint is asked too often, or its quota is used up.",
            code="speech_limited",
            remedy="Try again later; raise the quota there if it stays like that.",
            retryable=True,
            retry_after=_seconds(response.headers.get("retry-after", "")),
        )
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        return Remote(
            f"The speech endpoint failed ({status}).",
            code="speech_failed",
            remedy="Try again.",
            retryable=True,
            retry_after=_seconds(response.headers.get("retry-after", "")),
        )
    key = settings().speech_key.get_secret_value()
    said = body.decode(errors="replace").replace(key or "\0", "…")[:_SAID_CHARACTERS]
    return Remote(
        f"The speech endpoint refused the script ({status}): {said}",
        code="speech_refused",
        remedy="Check CONTENT_PIPELINE_SPEECH_MODEL and _SPEECH_VOICES against what the endpoint has.",
    )


def _seconds(header: str) -> float | None:
    """What a Retry-After in seconds says; servers that send a date there are asked again at the usual pace."""
    return float(header) if header.isdecimal() else None


def _decoded(body: bytes) -> Samples:
    """The sound of an answer, whatever audio format it came in."""
    resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
    try:
        with av.open(io.BytesIO(body), "r", container_options={"format_whitelist": FORMATS}) as container:
            frames = [part for frame in container.decode(audio=0) for part in resampler.resample(frame)]
    except (av.FFmpegError, IndexError, ValueError) as error:
        raise _unreadable("answered with something that is not audio") from error
    frames += resampler.resample(None)
    if not frames:
        raise _unreadable("answered with an empty recording")
    return np.concatenate([frame.to_ndarray().reshape(-1) for frame in frames]).astype(np.float32, copy=False)


def _unreadable(what: str) -> Remote:
    return Remote(
        f"The speech endpoint {what}.",
        code="speech_unreadable",
        remedy="Check that CONTENT_PIPELINE_SPEECH_URL names an OpenAI-compatible endpoint.",
    )
