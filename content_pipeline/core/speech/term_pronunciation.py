"""Pronunciation lexicon: tokens that are a term of the glossary are spoken by its respelling."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from content_pipeline.core.media.glossary import GlossaryEntry, Occurrence, occurrences
from content_pipeline.core.media.timed_words import UNSPACED_SCRIPTS
from content_pipeline.core.speech.character_coverage import is_in_letters_of
from content_pipeline.core.speech.text_normalization import Token, tokenize_verbatim

# What may stand around a term in its word: marks, which are silent, and parts of the word, which are said with it:
# "l'", "pre-", "'s", "-style". Not "@" and not ".com": an address is read as a whole.
_LETTERS: Final = r"[^\W\d_]+"
_UNSPACED: Final = rf"(?:{UNSPACED_SCRIPTS.pattern})*"
_BEFORE: Final = re.compile(rf"[^\w@#$€£&%+/\\]*?((?:{_LETTERS}['’-])*{_UNSPACED})[\"'“‘«(\[]*")
_AFTER: Final = re.compile(rf"((?:['’-]{_LETTERS})*{_UNSPACED})(?:[^\w@#$€£&%+/\\]*)")


def pronounce(tokens: Sequence[Token], glossary: Sequence[GlossaryEntry]) -> list[Token]:
    """The tokens of a script, with terms of the glossary spoken as their pronunciation. What is displayed stays.

    The words of a pronunciation are shared out among the tokens of its term; of fewer words the last tokens get none.
    """
    pronunciations = {entry.term: entry.pronunciation for entry in glossary if entry.pronunciation}
    spoken = list(tokens)
    for found in occurrences([(token.text, token.spaced) for token in tokens], pronunciations):
        before, after = _BEFORE.fullmatch(found.before), _AFTER.fullmatch(found.after)
        if before and after:
            shares = _shares(found)
            shares[0] = before[1].replace("’", "'") + shares[0]
            ending, _ = _split_marks(after[1].replace("’", "'"))
            _, marks = _split_marks(tokens[found.stop - 1].spoken)
            shares[max(index for index, share in enumerate(shares) if share)] += ending + marks
            spoken[found.first : found.stop] = [
                replace(token, spoken=share)
                for token, share in zip(tokens[found.first : found.stop], shares, strict=True)
            ]
    return spoken


def respell(text: str, language: str, glossary: Sequence[GlossaryEntry]) -> str:
    """The text as written, but for the terms of the glossary: their pronunciation, in letters of the language.

    For voices that read what is written. A twin's pronunciations may be for its scripts in other languages.
    """
    known = [entry for entry in glossary if is_in_letters_of(language, entry.pronunciation or "")]
    return "\n".join(_respell_line(line, language, known) for line in text.split("\n")) if known else text


def _respell_line(line: str, language: str, glossary: Sequence[GlossaryEntry]) -> str:
    tokens = tokenize_verbatim(line, language)
    said = pronounce(tokens, glossary)
    if said == tokens:
        return line
    pairs = zip(tokens, said, strict=True)
    written = [replace(token, spoken=token.text if token is now else now.spoken) for token, now in pairs]
    return "".join(" " * token.spaced + token.spoken for token in written if token.spoken).strip()


def _shares(found: Occurrence) -> list[str]:
    """The pronunciation in as many parts as its term has tokens."""
    separator = "" if UNSPACED_SCRIPTS.match(found.value) else " "
    units = list(found.value) if not separator else found.value.split()
    return [separator.join(part) for part in np.array_split(units, found.stop - found.first)]


def _split_marks(text: str) -> tuple[str, str]:
    """The text, and the punctuation at its end, which voices phrase by."""
    end = len(text)
    while end and unicodedata.category(text[end - 1]).startswith("P"):
        end -= 1
    return text[:end], text[end:]
