"""HeyGen's avatars and voices, cached, and the choice of a voice for a script."""

import threading
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from pydantic import BaseModel

from content_pipeline.core.errors import Invalid
from content_pipeline.core.providers import language_detection
from content_pipeline.core.providers.heygen import client
from content_pipeline.core.providers.heygen.language_names import language_code
from content_pipeline.core.providers.languages import base_language, voice_language
from content_pipeline.core.settings import settings

_MULTILINGUAL: Final = "mul"

_CACHE_SECONDS: Final = 900
# Public avatars alone are dozens of pages: while one thread reads them, the others wait.
_LOCK: Final = threading.Lock()
_AVATARS_PER_PAGE: Final = 50
_VOICES_PER_PAGE: Final = 100
_DEFAULT_LANGUAGE: Final = "en"


@dataclass(frozen=True, slots=True)
class Avatar:
    """An avatar, ready to be used with the engine of the settings."""

    id: str
    name: str
    gender: str | None
    preview_url: str | None


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice. `language` is an ISO 639 code: "mul" for a multilingual voice, "und" for one that is not known here."""

    id: str
    name: str
    language: str
    gender: str | None
    preview_url: str | None


class _Look(BaseModel):
    id: str
    name: str
    gender: str | None = None
    preview_image_url: str | None = None
    # Only private avatars have one: their training may not be over.
    status: Literal["processing", "pending_consent", "failed", "completed"] | None = None
    supported_api_engines: list[str] | None = None


class _Voice(BaseModel):
    voice_id: str
    name: str
    language: str
    gender: str | None = None
    preview_audio_url: str | None = None


def avatars() -> tuple[Avatar, ...]:
    """The avatars that can be used, at most 15 minutes old."""
    with _LOCK:
        return _avatars(settings().heygen_url, settings().heygen_engine, _period())


def voices() -> tuple[Voice, ...]:
    """The voices, at most 15 minutes old."""
    with _LOCK:
        return _voices(settings().heygen_url, _period())


def _period() -> int:
    return int(time.monotonic() // _CACHE_SECONDS)


@lru_cache(maxsize=1)
def _avatars(_url: str, engine: str, _period: int) -> tuple[Avatar, ...]:
    looks = client.items(_Look, "/avatars/looks", limit=_AVATARS_PER_PAGE)
    return tuple(
        Avatar(look.id, look.name, look.gender, look.preview_image_url)
        for look in looks
        if look.status in (None, "completed") and engine in (look.supported_api_engines or [engine])
    )


@lru_cache(maxsize=1)
def _voices(_url: str, _period: int) -> tuple[Voice, ...]:
    found = client.items(_Voice, "/voices", limit=_VOICES_PER_PAGE)
    return tuple(
        Voice(voice.voice_id, voice.name, language_code(voice.language), voice.gender, voice.preview_audio_url)
        for voice in found
    )


def choose_voice(voice_id: str | None, script: str) -> Voice:
    """HeyGen's voice with this id, whatever its language. For a language tag, a Google or Azure style id, or None:
    the first voice that speaks the script's language, else a multilingual one.

    Raises Invalid `unknown_voice`, `unknown_language`, `language_unspoken`.
    """
    known = voices()
    if named := next((voice for voice in known if voice.id == voice_id), None):
        return named
    expected = base_language(voice_language(voice_id)) if voice_id else _DEFAULT_LANGUAGE
    language = language_detection.detect(script, expected=expected)
    for spoken in (language, _MULTILINGUAL):
        if found := next((voice for voice in known if voice.language == spoken), None):
            return found
    raise Invalid(
        f"HeyGen has no voice that speaks the language of the script ({language}).",
        code="language_unspoken",
        remedy="Write the script in another language, or add a voice of that language at HeyGen.",
    )
