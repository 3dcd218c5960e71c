"""Tables of captions and burn-ins."""

from datetime import datetime
from typing import Literal
from uuid import UUID, uuid4

from sqlalchemy import DateTime, ForeignKey, Index, String, false, text
from sqlalchemy.orm import Mapped, column_property, mapped_column

from content_pipeline.core.infrastructure.database import Base
from content_pipeline.core.media.media_info import MediaInfo
from content_pipeline.core.media.timed_words import Segment, Word
from content_pipeline.core.models.deletable import Deletable
from content_pipeline.core.models.pydantic_json import PydanticJSON
from content_pipeline.core.models.with_glossary import WithGlossary


class Caption(WithGlossary, Deletable, Base):
    """A recording and the captions made from it. It is copied from `source_url`, the URI of an object or a URL, or was
    sent.

    `known_text` is what is spoken, where the client has sent it; without, it is transcribed. `words` are in English
    where `translate_to` is English (Whisper translates as it listens), else in the language that is spoken.
    `translated` holds the cues translated so far, while their translation is not finished. `is_synthetic`: a voice of
    ours speaks in the recording.

    Words and cues are loaded when they are used: those of a day of speech take 1 s.
    """

    __tablename__ = "captions"
    __table_args__ = (Index("ix_captions_workspace_newest", "workspace_id", text("created_at desc"), text("id desc")),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"))
    source_url: Mapped[str | None]
    source_key: Mapped[str | None]
    is_synthetic: Mapped[bool] = mapped_column(default=False, server_default=false())
    media: Mapped[MediaInfo | None] = mapped_column(PydanticJSON(MediaInfo))
    language: Mapped[str]
    known_text: Mapped[str | None]
    translate_to: Mapped[str | None]
    remove_fillers: Mapped[bool] = mapped_column(server_default=false())
    spoken_language: Mapped[str | None]
    language_probability: Mapped[float | None]
    words: Mapped[tuple[Word, ...] | None] = mapped_column(PydanticJSON(tuple[Word, ...]), deferred=True)
    translated: Mapped[tuple[Segment, ...] | None] = mapped_column(PydanticJSON(tuple[Segment, ...]), deferred=True)
    segments: Mapped[tuple[Segment, ...] | None] = mapped_column(PydanticJSON(tuple[Segment, ...]), deferred=True)
    is_ready: Mapped[bool] = column_property(segments.is_not(None), deferred=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    edited_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    @property
    def text_language(self) -> str:
        """The language of the text, as a tag: English where none was requested and nothing is heard."""
        return self.translate_to or self.spoken_language or ("en" if self.language.lower() == "auto" else self.language)


class BurnIn(Base):
    """One video with one caption burned in, in one style.

    The video is the caption's recording, or that of `source_url`: the URI of an object, or a URL. `with_caption`: asked
    for together with the caption, so the caption's own task ends with it. `is_synthetic`: a voice of ours speaks in it.
    """

    __tablename__ = "burn_ins"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    caption_id: Mapped[UUID] = mapped_column(ForeignKey("captions.id"), index=True)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"))
    style: Mapped[Literal["plain", "karaoke"]] = mapped_column(String)
    font_size: Mapped[int]
    font_color: Mapped[str]
    position: Mapped[Literal["top", "middle", "bottom"]] = mapped_column(String)
    source_url: Mapped[str | None]
    is_synthetic: Mapped[bool] = mapped_column(default=False, server_default=false())
    with_caption: Mapped[bool]
    output_key: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
