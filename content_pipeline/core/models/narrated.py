"""Columns of the pace of speech, and those that tables of narrated videos share."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import String, text
from sqlalchemy.orm import Mapped, defer, mapped_column
from sqlalchemy.orm.interfaces import ORMOption

from content_pipeline.core.infrastructure.database import Base
from content_pipeline.core.media.pace import DEFAULT_PAUSE, DEFAULT_SPEED
from content_pipeline.core.media.reels.animation_names import CaptionAnimation
from content_pipeline.core.media.timed_words import Word
from content_pipeline.core.models.pydantic_json import PydanticJSON
from content_pipeline.core.models.with_glossary import WithGlossary

_LONG_COLUMNS: Final = ("words", "phonemes", "glossary")


class Paced:
    """Columns of the pace of speech: `speed`, a factor of the voice's own, and `pause`, the seconds of silence after a
    sentence."""

    speed: Mapped[float] = mapped_column(default=DEFAULT_SPEED, server_default=text("1.0"))
    pause: Mapped[float] = mapped_column(default=DEFAULT_PAUSE, server_default=text("0.4"))


class Narrated(Paced, WithGlossary):
    """Columns of a row whose script is spoken.

    `voice_id` is the voice that was asked for, `spoken_voice` the one that spoke. The pace is the twin's at the time
    of the request, as are the entries of its glossary that the script has. `words` are the script's, with their times
    in the narration. `caption_animation` is None for the twin's own.
    """

    script: Mapped[str]
    voice_id: Mapped[str]
    language: Mapped[str | None]
    spoken_voice: Mapped[str | None]
    words: Mapped[tuple[Word, ...] | None] = mapped_column(PydanticJSON(tuple[Word, ...]))
    narration_seconds: Mapped[float | None]
    narration_key: Mapped[str | None]
    caption_animation: Mapped[CaptionAnimation | None] = mapped_column(String)


def without_long_columns(model: type[Base]) -> Sequence[ORMOption]:
    """Options of a query that leave out the columns of a table that grow with a script: a hundred rows may have 9 MB of
    them, and clients poll them."""
    return [defer(getattr(model, name)) for name in _LONG_COLUMNS if hasattr(model, name)]
