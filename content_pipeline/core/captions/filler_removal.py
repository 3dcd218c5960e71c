"""Filler removal: takes hesitations ("um", "えーと") and stuttered words out of a transcript, and mends what is left.

The sound is not cut, so the other words keep their times.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from content_pipeline.core.captions.filler_words import FILLER_PATTERNS, FILLER_WORDS, FillerWords
from content_pipeline.core.media.timed_words import Word
from content_pipeline.core.speech.languages import base_language

# Half-open ranges of words.
_Range = tuple[int, int]

_OPENERS: Final = "\"'“„‘«‹¿¡(["
_CLOSERS: Final = "\"'”“’»›)]"
_OUTER: Final = re.compile(r"^\W+|\W+$")
_OPENING: Final = re.compile(rf"^[{re.escape(_OPENERS)}]+")
_CLOSING: Final = re.compile(rf"[{re.escape(_CLOSERS)}]+$")
_ELLIPSIS: Final = re.compile(r"(…|\.{2,})$")
_SENTENCE_END: Final = re.compile(r"[.!?…]+$")
_MARK: Final = re.compile(r"[,;:.!?…–—-]$")
# A comma among the last words makes a list of them, which needs its commas.
_LIST_WORDS: Final = 4
# "w-w-what", "th-th-the": twice at least, because "re-read" is a word.
_SYLLABLES: Final = re.compile(r"\b([^\W\d_]{1,2})-(?:\1-)+(?=\1[^\W\d_])|\b(I)-(?:I-)*(?=I\b)", re.IGNORECASE)
_SENTENCE_MARKS: Final = "。！？!?"


def remove_fillers(words: Sequence[Word], language: str) -> tuple[Word, ...]:
    """The words without fillers and stuttering, with commas, periods and capitals mended.

    `language` is a tag. A recording of nothing but fillers keeps them; so does a language that has no table.
    """
    base = base_language(language)
    before, after = None, list(words)
    # Again, because a removal brings words together: "I, um, I think".
    while before != after:
        before = after
        if pattern := FILLER_PATTERNS.get(base):
            after = _cut_text(before, pattern)
        elif table := FILLER_WORDS.get(base):
            after = _cut(before, list(_fillers(before, table)))
            after = _cut_stutters([_without_syllables(word) for word in after], table)
    return tuple(after or words)


# ── languages with spaces ────────────────────────────────────────────────────────────────────────────────


def _fillers(words: Sequence[Word], table: FillerWords) -> Iterator[_Range]:
    """The ranges of sounds and phrases that are fillers."""
    plain = [_plain(word.text) for word in words]
    index = 0
    while index < len(words):
        lengths = [len(phrase) for phrase in table.phrases if tuple(plain[index : index + len(phrase)]) == phrase]
        stop = index + max(lengths, default=1)
        is_filler = (
            _is_aside(words, index, stop)
            if lengths
            else _is_sound(words[index].text, table.sounds)
            or (table.set_off and _is_sound(words[index].text, table.set_off) and _is_set_off(words, index, stop))
        )
        if is_filler:
            yield index, stop
        index = stop


def _plain(text: str) -> str:
    return _OUTER.sub("", text).lower().replace("’", "'")


def _is_sound(text: str, sounds: re.Pattern[str]) -> bool:
    """Whether it is one of these sounds: no abbreviation ("ER"), no question ("Hm?") and no cry."""
    bare = _OUTER.sub("", text)
    is_abbreviation = len(bare) > 1 and bare.isupper()
    return sounds.fullmatch(bare.lower()) is not None and not is_abbreviation and not re.search("[?!¿¡]", text)


def _is_set_off(words: Sequence[Word], start: int, stop: int) -> bool:
    """Whether punctuation, or the end of the text, stands on both sides."""
    before = start == 0 or _MARK.search(_unquoted(words[start - 1].text))
    after = stop == len(words) or _MARK.search(_unquoted(words[stop - 1].text))
    return bool(before and after)


def _is_aside(words: Sequence[Word], start: int, stop: int) -> bool:
    """Whether a phrase is set off within a sentence that has more to say: "You know." and "…, you know?" are said."""
    last = _unquoted(words[stop - 1].text)
    is_alone = _begins_sentence(words[:start]) and (stop == len(words) or last.endswith("."))
    return _is_set_off(words, start, stop) and not is_alone and not last.endswith(("?", "!"))


def _unquoted(text: str) -> str:
    return _CLOSING.sub("", text)


def _begins_sentence(before: Sequence[Word]) -> bool:
    return not before or _SENTENCE_END.search(_unquoted(before[-1].text)) is not None


def _cut_stutters(words: Sequence[Word], table: FillerWords) -> list[Word]:
    """The words without the first ones of "the the" and "I, I"; a repetition in the next sentence stays."""
    bare = list(words)
    ranges = []
    for index in range(len(words) - 1):
        word, following = words[index], words[index + 1]
        is_repeated = _plain(word.text) == _plain(following.text) in table.stutters
        # "The The" is a band.
        is_name = following.text[0].isupper() and not _plain(following.text).startswith("i")
        if is_repeated and not is_name and not _ends_firmly(word.text):
            bare[index] = replace(word, text=_OUTER.sub("", word.text))
            ranges.append((index, index + 1))
    return _cut(bare, ranges)


def _ends_firmly(text: str) -> bool:
    return bool(_SENTENCE_END.search(_unquoted(text))) and not _ELLIPSIS.search(_unquoted(text))


def _without_syllables(word: Word) -> Word:
    text = _SYLLABLES.sub("", word.text)
    return replace(word, text=_capitalized(text) if word.text[0].isupper() else text)


def _cut(words: Sequence[Word], ranges: Sequence[_Range]) -> list[Word]:
    """The words without these ranges. Their capital and quotation marks go to the neighbors."""
    kept: list[Word] = []
    opening, is_capital, position = "", False, 0
    for start, stop in [*ranges, (len(words), len(words))]:
        for word in words[position:start]:
            text = opening + (_capitalized(word.text) if is_capital else word.text)
            kept.append(replace(word, text=text, spaced=word.spaced or bool(kept)))
            opening, is_capital = "", False
        if start < stop:
            first, last = words[start].text, words[stop - 1].text
            is_capital |= _begins_sentence(kept) and _OUTER.sub("", first)[:1].isupper()
            is_quoted = bool(_OPENING.search(first) and _CLOSING.search(last))
            if not is_quoted and (found := _OPENING.search(first)):
                opening += found[0]
            if kept:
                following = words[stop].text if stop < len(words) else ""
                mended = _mended(kept, last, following, is_quoted=is_quoted, is_aside=stop - start > 1)
                kept[-1] = replace(kept[-1], text=mended)
        position = stop
    return kept


def _mended(kept: Sequence[Word], removed: str, following: str, *, is_quoted: bool, is_aside: bool) -> str:
    """The last word kept before a removed one, with the punctuation that the sentence needs.

    Commas on both sides set the removed word off, so both go; around a sound not in a list, and not after "Well,".
    """
    last = kept[-1].text
    if _begins_sentence(kept):
        return last
    closers = "" if is_quoted else "".join(_CLOSING.findall(removed))
    tail = _unquoted(removed)
    goes_on = bool(following) and not _OPENING.sub("", following)[:1].isupper()
    if (end := _SENTENCE_END.search(tail)) and not (_ELLIPSIS.search(tail) and goes_on):
        return last.rstrip(",;:–—-") + end[0] + closers
    if len(last) > 1 and last.endswith(",") and _MARK.search(tail) and (is_aside or not _needs_comma(kept)):
        return last[:-1] + closers
    return last + closers


def _needs_comma(kept: Sequence[Word]) -> bool:
    """Whether the last word is one of a list, or the first of its sentence."""
    before = kept[-1 - _LIST_WORDS : -1]
    first = next((index for index in range(len(before), 0, -1) if _begins_sentence(before[:index])), 0)
    in_sentence = before[first:]
    return not in_sentence or any(word.text.endswith(",") for word in in_sentence[1:])


def _capitalized(text: str) -> str:
    start = len(text) - len(text.lstrip(_OPENERS))
    return text[:start] + text[start : start + 1].upper() + text[start + 1 :]


# ── languages without spaces ─────────────────────────────────────────────────────────────────────────────


def _cut_text(words: Sequence[Word], pattern: re.Pattern[str]) -> list[Word]:
    """The words without what the pattern finds in their joined text, and without the words that this empties."""
    texts = [(" " if word.spaced and index else "") + word.text for index, word in enumerate(words)]
    text = "".join(texts)
    removed = {place for found in pattern.finditer(text) for place in _place(text, found)}
    kept: list[Word] = []
    position, is_spaced = 0, False
    for word, written in zip(words, texts, strict=True):
        left = "".join(character for place, character in enumerate(written, position) if place not in removed).strip()
        position += len(written)
        is_spaced |= word.spaced
        if left:
            kept.append(replace(word, text=left, spaced=is_spaced))
            is_spaced = False
    return kept


def _place(text: str, found: re.Match[str]) -> range:
    """The places in the text to cut: with the comma before it where the sentence ends behind it, and with the
    sentence's mark where nothing else was in the sentence."""
    start, stop = found.span()
    ends = stop == len(text) or text[stop] in _SENTENCE_MARKS
    if ends and (start == 0 or text[start - 1] in _SENTENCE_MARKS):
        return range(start, min(stop + 1, len(text)))
    if ends and text[start - 1] in "，、,":
        return range(start - 1, stop)
    return range(start, stop)
