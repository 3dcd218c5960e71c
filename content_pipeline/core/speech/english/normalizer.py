"""English text normalization: the spoken form of each displayed word of a line."""

from collections.abc import Iterator, Sequence
from itertools import chain, islice

from content_pipeline.core.speech.english.context_rules import (
    mark_in_context,
    mark_telephone_numbers,
    read_in_context,
    read_telephone,
)
from content_pipeline.core.speech.english.word_parts import (
    WordPart,
    attach_length_units,
    join_thousands,
    mark_mixed_numbers,
    name_signs_of_equations,
    prosody_mark,
    silence_brackets,
    split_word,
)
from content_pipeline.core.speech.english.word_rules import read_word
from content_pipeline.core.speech.english.zip_codes import mark_zip_codes


def normalize_line(words: Sequence[str]) -> list[str]:
    """The spoken form of each word of a line, "" if silent: letters, apostrophes, hyphens, spaces and ". , ? ! ; :".

    Multi-word expressions are distributed over their words: "May", "1,", "2026" are "May", "first,",
    "twenty twenty-six".
    """
    groups = [split_word(word) for word in words]
    line = list(chain.from_iterable(groups))
    for prepare in (
        silence_brackets,
        mark_telephone_numbers,
        join_thousands,
        mark_zip_codes,
        mark_mixed_numbers,
        name_signs_of_equations,
        attach_length_units,
    ):
        line = list(prepare(line))
    spoken = iter(_read_line(line))
    return [" ".join(filter(None, islice(spoken, len(group)))) for group in groups]


def _read_line(line: Sequence[WordPart]) -> list[str]:
    spoken: list[str] = []
    for phrase, punctuation in _read_parts(line):
        spoken.append(phrase + punctuation if phrase else "")
        if not phrase and punctuation:
            _attach_to_last_word(spoken, punctuation)
    return spoken


def _attach_to_last_word(spoken: list[str], punctuation: str) -> None:
    """Attach a standalone mark ("wow !", "this — that") to the last spoken word."""
    last = next((index for index in reversed(range(len(spoken))) if spoken[index]), None)
    if last is not None and spoken[last][-1].isalpha():
        spoken[last] += punctuation


def _read_parts(line: Sequence[WordPart]) -> Iterator[tuple[str, str]]:
    said = [part for part in line if part.text]
    neighbors = iter(zip([WordPart(), *said], [*said[1:], WordPart()], strict=False))
    for part in line:
        if not part.text:
            yield "", ""
            continue
        before, after = next(neighbors)
        if part.in_telephone_number:
            yield read_telephone(part.core), "," if after.in_telephone_number else prosody_mark(part.tail)
        else:
            yield _read_part(before, part, after), mark_in_context(before, part, after)


def _read_part(before: WordPart, part: WordPart, after: WordPart) -> str:
    phrase = read_in_context(before, part, after)
    if phrase is None:
        phrase = read_word(part.core)
    return phrase if any(character.isalpha() for character in phrase) else ""
