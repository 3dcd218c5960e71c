"""HeyGen's avatars and voices, cached, and the choice of a voice for a script."""

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import Final, Generic, Literal, TypeVar

from pydantic import BaseModel

from content_pipeline.core.avatars.heygen import client
from content_pipeline.core.avatars.heygen.language_names import language_code
from content_pipeline.core.errors import Error, Invalid, UpstreamError
from content_pipeline.core.settings import settings
from content_pipeline.core.speech import language_detection
from content_pipeline.core.speech.languages import base_language, voice_language

_MULTILINGUAL: Final = "mul"

CACHE_SECONDS: Final = 900.0
# All tries at a HeyGen that hangs take 46 s. Each of the 100 avatars of a CSV made them anew, and the sensor of the
# inbox has a minute for all files.
FAILURE_SECONDS: Final = 30.0
# A page for maintenance may ask for a day, and be gone after an hour.
MOST_FAILURE_SECONDS: Final = 300.0
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


Listed = TypeVar("Listed")


class _Cache(Generic[Listed]):
    """A list of HeyGen's, kept for CACHE_SECONDS, a failure for FAILURE_SECONDS.

    Public avatars alone are dozens of pages: while one thread reads them, the others wait.
    """

    def __init__(self, read: Callable[[], tuple[Listed, ...]]) -> None:
        self._read = read
        self._lock = Lock()
        self._read_with: tuple[str, str] | None = None
        self._expires_at = 0.0
        self._found: tuple[Listed, ...] | Error = ()

    def get(self) -> tuple[Listed, ...]:
        """Raises as HeyGen's client does."""
        with self._lock:
            read_with = (settings().heygen_url, settings().heygen_engine)
            if self._read_with != read_with or monotonic() > self._expires_at:
                self._refresh()
                self._read_with = read_with
            if not isinstance(self._found, Error):
                return self._found
            failure = copy(self._found)  # an exception keeps the frames of who raised it last
            if failure.retry_after:
                failure.retry_after = self._expires_at - monotonic()
        raise failure

    def _refresh(self) -> None:
        try:
            self._found = self._read()
            self._expires_at = monotonic() + CACHE_SECONDS
        except Error as error:
            self._found = _of_list(error).with_traceback(None)
            self._expires_at = monotonic() + min(error.retry_after or FAILURE_SECONDS, MOST_FAILURE_SECONDS)


def _of_list(error: Error) -> Error:
    """The error of a list, at which no client is at fault."""
    if not isinstance(error, Invalid):
        return error
    return UpstreamError(
        f"HeyGen does not tell what it has. {error.detail}",
        code="heygen_refused",
        remedy="Check CONTENT_PIPELINE_HEYGEN_URL.",
    )


def _read_avatars() -> tuple[Avatar, ...]:
    engine = settings().heygen_engine
    return tuple(
        Avatar(look.id, look.name, look.gender, look.preview_image_url)
        for look in client.items(_Look, "/avatars/looks", limit=_AVATARS_PER_PAGE)
        if look.status in (None, "completed") and engine in (look.supported_api_engines or [engine])
    )


def _read_voices() -> tuple[Voice, ...]:
    return tuple(
        Voice(voice.voice_id, voice.name, language_code(voice.language), voice.gender, voice.preview_audio_url)
        for voice in client.items(_Voice, "/voices", limit=_VOICES_PER_PAGE)
    )


_AVATARS: Final = _Cache(_read_avatars)
_VOICES: Final = _Cache(_read_voices)


def avatars() -> tuple[Avatar, ...]:
    """The avatars that can be used, at most 15 minutes old."""
    return _AVATARS.get()


def voices() -> tuple[Voice, ...]:
    """The voices, at most 15 minutes old."""
    return _VOICES.get()


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
