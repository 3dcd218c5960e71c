"""Edited cues: validates them and realigns their words to the original timings, so that karaoke stays in sync."""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from itertools import accumulate, pairwise

from content_pipeline.core.errors import Unprocessable
from content_pipeline.core.media.cue_segmentation import MAX_LINE_COLUMNS
from content_pipeline.core.media.line_breaking import display_width, group_unbreakable, wrap_lines
from content_pipeline.core.media.timed_words import UNSPACED_SCRIPTS, Segment, Word, join_words, normalize_timings

MAX_CUE_CHARACTERS = 500

EditedCue = tuple[float, float, str]

# A token, with the index of the original word that it comes from.
_TimedToken = tuple[int | None, Word]
# Marks of Thai, Lao, Myanmar, Khmer and kana, which stand on the letter before them.
_MARKS = "\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece\u102b-\u103e\u17b4-\u17d3\u3099\u309a"
_TOKEN = re.compile(rf"{UNSPACED_SCRIPTS.pattern}[{_MARKS}]*|(?:(?!{UNSPACED_SCRIPTS.pattern})\w)+|\S")


def apply_edits(
    segments: Sequence[Segment], edited: Sequence[EditedCue], *, language: str, duration: float
) -> list[Segment]:
    """Replace cues by edited ones, given as (start, end, text) in seconds.

    Unchanged words keep their timings; new ones share the time of what they replace. An edit's own two lines are kept,
    longer text is wrapped again. Raises Unprocessable `segments_invalid` with a JSON pointer for each error.
    """
    cleaned = [(start, end, _lines(text)) for start, end, text in edited]
    if errors := list(_find_errors(cleaned, duration)):
        raise Unprocessable(
            "The edited segments do not fit together.",
            code="segments_invalid",
            remedy="Give each segment a text, a start before its end, and no overlap; keep them in order.",
            errors=errors,
        )
    spoken = [word for segment in segments for word in segment.words]
    starts, ends = [word.start for word in spoken], [word.end for word in spoken]
    return [
        _cue(spoken[bisect_right(ends, start) : bisect_left(starts, end)], start, end, lines, language)
        for start, end, lines in cleaned
    ]


def replace_text(cue: Segment, text: str, *, language: str) -> Segment:
    """The cue with another text, of at least one visible character: a translation.

    Its words share the time of the cue's words by their length; the lines are broken anew.
    """
    line = _one_line(_lines(text))
    tokens = [token for chunk in line.split() for token in _tokenize(Word(cue.start, cue.end, chunk))]
    words = _merge_tokens(_interpolate(tokens, cue.words[0].start, cue.words[-1].end))
    words = normalize_timings(words, cue.start, cue.end)
    return Segment(cue.start, cue.end, "\n".join(_wrapped(words, language)), tuple(words))


def join_cues(first: Segment, second: Segment, *, language: str) -> Segment:
    """Both cues as one; its words keep their times, and its lines are broken anew."""
    is_spaced = not (_is_unspaced(first.words[-1].text[-1]) and _is_unspaced(second.words[0].text[0]))
    words = (*first.words, replace(second.words[0], spaced=is_spaced), *second.words[1:])
    return Segment(first.start, second.end, "\n".join(_wrapped(words, language)), words)


def _is_unspaced(character: str) -> bool:
    return bool(UNSPACED_SCRIPTS.match(character))


def visible_text(text: str) -> str:
    """The text as one line, without control characters and repeated spaces; may be empty."""
    lines = _lines(text)
    return _one_line(lines) if lines else ""


def _lines(text: str) -> list[str]:
    """The non-empty lines, without control characters, lone surrogates and repeated spaces."""
    visible = (
        "".join(" " if unicodedata.category(character) in ("Cc", "Cs") else character for character in line)
        for line in text.splitlines()
    )
    return [" ".join(line.split()) for line in visible if line.split()]


def _one_line(lines: Sequence[str]) -> str:
    """The lines joined, with a space between them unless the script is unspaced."""
    text = lines[0]
    for line in lines[1:]:
        text += line if _is_unspaced(text[-1]) and _is_unspaced(line[0]) else f" {line}"
    return text


def _find_errors(edited: Sequence[tuple[float, float, list[str]]], duration: float) -> Iterable[dict[str, str]]:
    free_from = 0.0
    for index, (start, end, lines) in enumerate(edited):
        pointer = f"/segments/{index}"
        if not start >= 0:
            yield {"pointer": f"{pointer}/start", "detail": "A segment cannot start before the recording."}
        elif start < free_from:
            yield {"pointer": f"{pointer}/start", "detail": "The segment starts before the one above it ends."}
        if not start < end:
            yield {"pointer": f"{pointer}/end", "detail": "A segment ends after it starts."}
        elif not end <= duration:
            yield {"pointer": f"{pointer}/end", "detail": f"The recording ends at {duration:.3f} s."}
        if not lines:
            yield {"pointer": f"{pointer}/text", "detail": "A segment needs a text; leave it out to remove it."}
        elif sum(map(len, lines)) > MAX_CUE_CHARACTERS:
            yield {"pointer": f"{pointer}/text", "detail": f"A segment holds at most {MAX_CUE_CHARACTERS} characters."}
        free_from = max(free_from, end)


def _cue(original: Sequence[Word], start: float, end: float, lines: list[str], language: str) -> Segment:
    text = _one_line(lines)
    words = normalize_timings(_realign(original, text, start, end), start, end)
    if len(lines) != 2:
        lines = _wrapped(words, language)
    return Segment(start, end, "\n".join(lines), tuple(words))


def _wrapped(words: Sequence[Word], language: str) -> list[str]:
    """The words in two lines, or one where they fit."""
    limit = max(MAX_LINE_COLUMNS, display_width(join_words(words)) * 2 // 3)
    groups = group_unbreakable(words, language, limit=limit)
    return [join_words(line) for line in wrap_lines(groups, language, limit=limit)]


def _realign(original: Sequence[Word], text: str, start: float, end: float) -> list[Word]:
    """The words of `text`, with the original timings where both texts agree (diff of tokens)."""
    if text == join_words(original):
        return list(original)
    old = [(index, token) for index, word in enumerate(original) for token in _tokenize(word)]
    language = original[0].language if original else None
    new = [token for chunk in text.split() for token in _tokenize(Word(start, end, chunk, language=language))]
    matcher = SequenceMatcher(None, [token.text for _, token in old], [token.text for token in new], autojunk=False)
    timed: list[_TimedToken] = []
    for operation, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if operation == "equal":
            timed += [
                (index, replace(token, spaced=edited_token.spaced))
                for (index, token), edited_token in zip(old[old_from:old_to], new[new_from:new_to], strict=True)
            ]
        elif operation == "replace":
            timed += _interpolate(new[new_from:new_to], old[old_from][1].start, old[old_to - 1][1].end)
        elif operation == "insert":
            since = old[old_from - 1][1].end if old_from else start
            until = old[old_from][1].start if old_from < len(old) else end
            timed += _interpolate(new[new_from:new_to], since, until)
    return _merge_tokens(timed)


def _tokenize(word: Word) -> list[Word]:
    """Tokens for the diff: runs of letters, single characters of unspaced scripts, single marks."""
    texts = _TOKEN.findall(word.text)
    tokens = [replace(word, text=text, spaced=word.spaced and index == 0) for index, text in enumerate(texts)]
    return [token for _, token in _interpolate(tokens, word.start, word.end)]


def _interpolate(tokens: Sequence[Word], since: float, until: float) -> list[_TimedToken]:
    """The atoms one by one from `since` to `until`, each as long as its letters; marks beside letters take none."""
    letters = [sum(map(str.isalnum, token.text)) for token in tokens]
    shares = letters if any(letters) else [1] * len(tokens)
    edges = [since + (until - since) * spoken / sum(shares) for spoken in accumulate(shares, initial=0)]
    return [
        (None, replace(token, start=edge, end=following))
        for token, (edge, following) in zip(tokens, pairwise(edges), strict=True)
    ]


def _merge_tokens(timed: Sequence[_TimedToken]) -> list[Word]:
    """Atoms into words again: those of one word heard, and new marks or letters with what they are glued to."""
    words: list[Word] = []
    previous: int | None = None
    for index, token in timed:
        known = index is not None and previous is not None
        if words and not token.spaced and (index == previous if known else not UNSPACED_SCRIPTS.match(token.text)):
            words[-1] = replace(words[-1], end=max(words[-1].end, token.end), text=words[-1].text + token.text)
            previous = previous if index is None else index
        else:
            words.append(token)
            previous = index
    return words
