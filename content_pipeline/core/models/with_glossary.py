"""Mixin of the tables that have a glossary column."""

from sqlalchemy import text
from sqlalchemy.orm import Mapped, mapped_column

from content_pipeline.core.media.glossary import GlossaryEntry
from content_pipeline.core.models.pydantic_json import PydanticJSON


class WithGlossary:
    """`glossary`: names and terms, as they are written, heard and said."""

    glossary: Mapped[tuple[GlossaryEntry, ...]] = mapped_column(
        PydanticJSON(tuple[GlossaryEntry, ...]), default=(), server_default=text("'[]'")
    )
