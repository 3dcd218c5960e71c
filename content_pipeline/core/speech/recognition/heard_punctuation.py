"""Punctuation from a second pass: takes the marks of a transcript that was made after an example with punctuation.

Nothing else is taken: after the example, the model mistook more characters of bad recordings.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from typing import Final

from content_pipeline.core.media.timed_words import Word
from content_pipeline.core.speech.recognition import chinese_script

_MARKS: Final = "，。？！；：、,?!;:"


def with_punctuation(words: Sequence[Word], punctuated: Sequence[Word]) -> list[Word]:
    """Chinese words with the marks that stand at the same places of `punctuated`, in place of their own ones there."""
    ours, theirs = _letters(words), _letters(punctuated)
    places = _places("".join(ours), "".join(theirs))
    marks = {
        places[last]: word.text[-1]
        for word, last in zip(punctuated, _last_letters(theirs), strict=True)
        if word.text[-1] in _MARKS and last in places
    }
    written: list[Word] = []
    for word, letters, last in zip(words, ours, _last_letters(ours), strict=True):
        follows_mark = bool(written) and written[-1].text[-1] in _MARKS
        if not letters and follows_mark:
            continue
        mark = marks.get(last) if letters else None
        written.append(
            replace(
                word,
                text=word.text.rstrip(_MARKS) + mark if mark else word.text,
                # A mark replaces the blank that separated two clauses; Latin words keep their blanks.
                spaced=word.spaced and not (follows_mark and not word.text.isascii()),
            )
        )
    return written


def _letters(words: Sequence[Word]) -> list[str]:
    """The text of each word without marks at its end, in simplified characters: each pass writes in either script."""
    return [word.text.rstrip(_MARKS) for word in chinese_script.convert(words, chinese_script.SIMPLIFIED)]


def _last_letters(texts: Sequence[str]) -> list[int]:
    """The number of the last character of each text in all of them together."""
    ends, end = [], 0
    for text in texts:
        end += len(text)
        ends.append(end - 1)
    return ends


def _places(ours: str, theirs: str) -> Mapping[int, int]:
    """The character of ours at which each one of theirs is said; those between two that differ have none."""
    places: dict[int, int] = {}
    for _, i1, i2, j1, j2 in SequenceMatcher(None, ours, theirs, False).get_opcodes():
        if i2 - i1 == j2 - j1:
            places.update(zip(range(j1, j2), range(i1, i2), strict=True))
        elif j1 < j2:
            places[j2 - 1] = i2 - 1
    return places
