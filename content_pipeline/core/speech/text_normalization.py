"""Text normalization (TTS front end): tokenizes a script into displayed text and its spoken form.

"$1,299" is one displayed token but five spoken words, so that a caption shows what was written and highlights it for
as long as it is spoken.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace

from wcwidth import iter_graphemes

from content_pipeline.core.media.line_breaking import display_width, group_unbreakable
from content_pipeline.core.media.timed_words import UNSPACED_SCRIPTS, Word
from content_pipeline.core.speech import japanese_signs
from content_pipeline.core.speech.emoji import close_faces, strip_emoji
from content_pipeline.core.speech.english.normalizer import normalize_line
from content_pipeline.core.speech.languages import base_language
from content_pipeline.core.speech.markdown import strip_markdown

_LINE_ENDS = re.compile("\r\n?|[\v\f\x85\u2028\u2029]")
_LETTER = re.compile("[A-Za-z]")
# Two words in a line, before any sign of Markdown that could hide them: of code, a tag, a link's address.
_PLAIN_WORDS = re.compile(r"^[^`~<(\n]*?[A-Za-z]{2,} [A-Za-z]{2,}", re.MULTILINE)
# Maximum width of a token in unspaced scripts: eight Japanese characters.
_MAX_PHRASE_COLUMNS = 16
_FULL_STOPS = {"ja": "。", "zh": "。", "yue": "。"}
# Symbols that voices read by name in any language, besides currency signs.
_SPOKEN_SYMBOLS = frozenset("%&@+=°")


@dataclass(frozen=True, slots=True)
class Token:
    """A token of a script. `text` is displayed; `spoken` is its spoken form with punctuation for prosody, "" if silent;
    `spaced`: whether a space precedes it."""

    text: str
    spoken: str
    spaced: bool


def tokenize(script: str, language: str) -> list[Token]:
    """Tokenize a script; the tokens' texts are the whole script except Markdown, spaces and control characters.

    `language` is a tag ("en", "pt-BR"). English numbers, dates, addresses and the like are verbalized, and signs in
    Japanese; in other languages only unpronounceable symbols are left out of `spoken`. A line end without punctuation
    ends a sentence.
    """
    return tokenize_verbatim(strip_markdown(script), language)


def tokenize_verbatim(text: str, language: str) -> list[Token]:
    """Tokenize a text that is not Markdown, as `tokenize` does."""
    base = base_language(language)
    lines = [_tokenize_english(words) if base == "en" else _tokenize_other(words, language) for words in _lines(text)]
    return [token for line in lines[:-1] for token in _end_sentence(line, _FULL_STOPS.get(base, "."))] + lines[-1]


def is_speakable(script: str, language: str) -> bool:
    """Whether any token of the script is spoken. Tokenizing a hundred long scripts takes two seconds, so words of plain
    text are looked for first, then an ASCII letter."""
    return (
        bool(_PLAIN_WORDS.search(script))
        or bool(_LETTER.search(strip_emoji(strip_markdown(script))))
        or any(token.spoken for token in tokenize(script, language))
    )


def _lines(script: str) -> list[list[str]]:
    """The words of each line, without control characters and lone surrogates (which JSON allows)."""
    lines = _LINE_ENDS.sub("\n", script).split("\n")
    return [
        close_faces("".join(c for c in line if c == "\t" or unicodedata.category(c) not in ("Cc", "Cs"))).split()
        for line in lines
    ]


def _tokenize_english(words: list[str]) -> list[Token]:
    return [Token(word, spoken, spaced=True) for word, spoken in zip(words, normalize_line(words), strict=True)]


def _tokenize_other(words: list[str], language: str) -> list[Token]:
    name_signs = japanese_signs.name_signs if base_language(language) == "ja" else str
    return [
        Token(text, name_signs(_speakable(text)), spaced=index == 0)
        for word in words
        for index, text in enumerate(_display_units(word, language))
    ]


def _end_sentence(line: list[Token], full_stop: str) -> list[Token]:
    """The tokens of a line, with a full stop added to the last spoken one unless it has punctuation."""
    for index in reversed(range(len(line))):
        if spoken := line[index].spoken:
            if not unicodedata.category(spoken[-1]).startswith("P"):
                line[index] = replace(line[index], spoken=spoken + full_stop)
            break
    return line


def _display_units(word: str, language: str) -> Iterator[str]:
    """The displayed tokens of a space-delimited word: the word itself, or its phrases in an unspaced script."""
    if not UNSPACED_SCRIPTS.search(word):
        yield word
        return
    characters = [Word(0, 0, character, spaced=False) for character in word]
    for phrase in group_unbreakable(characters, language, limit=float("inf")):
        yield from _split_wide("".join(character.text for character in phrase))


def _split_wide(phrase: str) -> Iterator[str]:
    """Split a wide phrase, never within an emoji, or before a combining mark or a full stop: it would begin a line."""
    part = ""
    for character in iter_graphemes(phrase):
        if display_width(part) >= _MAX_PHRASE_COLUMNS and not _stays(character, part):
            yield part
            part = ""
        part += character
    yield part


def _stays(character: str, part: str) -> bool:
    """Whether a character stays with a part that is full: a combining mark, one or two punctuation marks."""
    category = unicodedata.category(character[0])[0]
    return category == "M" or (category == "P" and display_width(part) < _MAX_PHRASE_COLUMNS + 4)


def _speakable(text: str) -> str:
    """The text without emoji; "" if only punctuation is left."""
    speakable = " ".join(strip_emoji(text).split())
    return speakable if any(map(_is_said, speakable)) else ""


def _is_said(character: str) -> bool:
    """Half-width voicing marks are said with their letter: alone they are a decoration."""
    is_letter_or_digit = character.isalnum() and character not in "\uff9e\uff9f"
    return is_letter_or_digit or character in _SPOKEN_SYMBOLS or unicodedata.category(character) == "Sc"
