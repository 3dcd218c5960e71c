"""Schemas of a twin's glossary and of a request's vocabulary, and the rules for their terms."""

import unicodedata
from collections import Counter
from collections.abc import Iterator
from typing import Annotated, Final

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
)

from api.schemas.one_line import one_line
from content_pipeline.core.media.glossary import (
    MAX_ENTRIES,
    MAX_HEARD_AS,
    MAX_PRONUNCIATION_CHARACTERS,
    MAX_TERM_CHARACTERS,
    GlossaryEntry,
    normalized,
)

MAX_VOCABULARY: Final = 50


def _phrase(text: str) -> str:
    if not any(character.isalnum() for character in text):
        raise ValueError("A term needs a letter or a digit.")
    if "<|" in text:  # would be a control token of the model
        raise ValueError("A term has no <|.")
    return " ".join(one_line(text).split())


def _respelling(text: str) -> str:
    letters = [character for character in text if character.isalpha()]
    others = (character for character in text if not character.isalpha() and unicodedata.category(character)[0] != "M")
    if not letters or not set(others) <= set(" '’-"):
        raise ValueError("A pronunciation is written in letters, spaces, apostrophes and hyphens.")
    return " ".join(text.split())


Phrase = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_TERM_CHARACTERS),
    AfterValidator(_phrase),
]
Respelling = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_PRONUNCIATION_CHARACTERS),
    AfterValidator(_respelling),
]


class GlossaryTerm(BaseModel):
    """A name or term: how it is written, and where needed how it is misheard and said."""

    model_config = ConfigDict(from_attributes=True, extra="forbid")

    term: Phrase = Field(description="As it is written; told to the speech recognition", examples=["Zyntraxo"])
    heard_as: list[Phrase] = Field(
        [],
        max_length=MAX_HEARD_AS,
        description="What captions have instead of it, which it replaces: whole words, in any case",
        examples=[["zen traxo", "sin trax so"]],
    )
    pronunciation: Respelling | None = Field(
        None,
        description="A respelling in letters that voices say instead of the term, in scripts of a language with these "
        "letters; what is shown stays as written",
        examples=["zin track so"],
    )

    def to_entry(self) -> GlossaryEntry:
        return GlossaryEntry(self.term, tuple(self.heard_as), self.pronunciation)


class GlossaryTermView(BaseModel):
    """An entry as it is stored: nothing of it is checked again, which takes 6 ms for a full glossary."""

    model_config = ConfigDict(from_attributes=True)

    term: str = Field(examples=["Zyntraxo"])
    heard_as: list[str] = Field(examples=[["zen traxo", "sin trax so"]])
    pronunciation: str | None = Field(examples=["zin track so"])


def _unique(entries: list[GlossaryTerm]) -> list[GlossaryTerm]:
    for name, phrases in (
        ("term", [entry.term for entry in entries]),
        ("heard_as", [heard for entry in entries for heard in {*map(normalized, entry.heard_as)}]),
    ):
        for phrase, count in Counter(map(normalized, phrases)).items():
            if count > 1:
                raise ValueError(f"{name}: {phrase!r} belongs to two entries.")
    return entries


Glossary = Annotated[list[GlossaryTerm], Field(max_length=MAX_ENTRIES), AfterValidator(_unique)]


def _split(fields: object) -> object:
    """The terms of repeated form fields, each of which may have several, separated by commas."""
    return list(_terms(fields)) if isinstance(fields, list) else fields


def _terms(fields: list[object]) -> Iterator[object]:
    for field in fields:
        if isinstance(field, str):
            yield from (term for term in field.split(",") if term.strip())
        else:
            yield field


# A text to generated clients: they would repeat the field for each term, and a form has twelve.
Vocabulary = Annotated[
    list[Phrase], Field(max_length=MAX_VOCABULARY), BeforeValidator(_split), WithJsonSchema({"type": "string"})
]
