"""Narrations of rows: the speech of a script, synthesized once and stored in the bucket with its timed words."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeVar
from uuid import UUID

from content_pipeline.core.errors import Conflict, Invalid
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.media import wav
from content_pipeline.core.media.timed_words import Word
from content_pipeline.core.models import AvatarVideo, Reel
from content_pipeline.core.settings import settings
from content_pipeline.core.speech import narration, voice_selection
from content_pipeline.core.speech.narration import Narration
from content_pipeline.core.tasks.open_posts import check_may_be_made
from content_pipeline.core.tasks.run_context import RunContext

FILE: Final = "narration.wav"

Row = TypeVar("Row", Reel, AvatarVideo)


@dataclass(frozen=True)
class StoredNarration:
    """A stored narration: object key, duration in seconds, timed words, voice and language."""

    key: str
    seconds: float
    words: tuple[Word, ...]
    voice: str
    language: str


def narrate(
    run: RunContext,
    model: type[Row],
    row_id: UUID,
    folder: Path,
    *,
    object_key: Callable[[Row, str], str],
    keep: Callable[[Row, Narration], None] = lambda _row, _spoken: None,
) -> StoredNarration:
    """Synthesize a row's script, and store audio and words. A retried task reuses them, without paying the TTS again.

    The audio is also left in `folder`, which saves a download. `keep` stores more of the narration in the row. Raises
    Invalid for a script that takes too long to say, and as `check_may_be_made` does.
    """
    with run.write() as session:
        row = session.get_one(model, row_id)
        if run.task_id and row.narration_key:
            return stored(row)
        check_may_be_made(session, row)
    choice = replace(voice_selection.choose_voice(row.voice_id, row.script), speed=row.speed, pause=row.pause)
    spoken = narration.narrate(row.script, choice, row.glossary)
    _check_length(spoken)
    key = object_key(row, FILE)
    wav.write(spoken.samples, spoken.rate, folder / FILE)
    storage.put(key, folder / FILE, content_type="audio/wav")
    with run.write() as session:
        row = session.get_one(model, row_id)
        row.words = spoken.words
        row.spoken_voice, row.language = spoken.voice.id, spoken.language
        row.narration_seconds = spoken.seconds
        row.narration_key = key
        keep(row, spoken)
    return stored(row)


def _check_length(spoken: Narration) -> None:
    if spoken.seconds > settings().narration_seconds:
        raise Invalid(
            f"This script takes {spoken.seconds:.0f} seconds to say; {settings().narration_seconds:.0f} are allowed.",
            code="narration_too_long",
            remedy="Make it shorter, or make two of it.",
        )


def stored(row: Reel | AvatarVideo) -> StoredNarration:
    """The narration of a row. Raises Conflict before it is made."""
    if row.narration_key is None:
        raise Conflict("This has no narration yet.", code="not_narrated", remedy="Materialize its narration first.")
    assert row.narration_seconds
    assert row.words is not None
    assert row.spoken_voice
    assert row.language
    return StoredNarration(row.narration_key, row.narration_seconds, row.words, row.spoken_voice, row.language)


def fetch(spoken: StoredNarration, folder: Path) -> None:
    """Download the audio to the folder, unless `narrate` left it there."""
    if not (folder / FILE).exists():
        storage.fetch(spoken.key, folder / FILE)
