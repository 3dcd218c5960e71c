"""Columns that tables of narrated videos share."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from content_pipeline.core.media.reels.animation_names import CaptionAnimation
from content_pipeline.core.media.timed_words import Word
from content_pipeline.core.models.pydantic_json import PydanticJSON


class Narrated:
    """Columns of a row whose script is spoken.

    `voice_id` is the voice that was asked for, `spoken_voice` the one that spoke. `words` are the script's, with
    their times in the narration. `caption_animation` is None for the twin's own.
    """

    script: Mapped[str]
    voice_id: Mapped[str]
    language: Mapped[str | None]
    spoken_voice: Mapped[str | None]
    words: Mapped[tuple[Word, ...] | None] = mapped_column(PydanticJSON(tuple[Word, ...]))
    narration_seconds: Mapped[float | None]
    narration_key: Mapped[str | None]
    caption_animation: Mapped[CaptionAnimation | None] = mapped_column(String)
