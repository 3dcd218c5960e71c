"""Glossary: terms with their misrecognitions and pronunciation, and the search for whole-word phrases in words."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from typing import Final, NamedTuple

from content_pipeline.core.media.timed_words import UNSPACED_SCRIPTS, Word

MAX_ENTRIES: Final = 200
MAX_TERM_CHARACTERS: Final = 60
MAX_HEARD_AS: Final = 5
MAX_PRONUNCIATION_CHARACTERS: Final = 100

# A letter or digit of a script with spaces between words.
_WORD_CHARACTER: Final = rf"(?!{UNSPACED_SCRIPTS.pattern})\w"
# No phrase begins or ends within a word; in text that has no spaces it may anywhere. Once for all phrases: with edges
# of its own for each, 1,000 phrases took 4.5 s to compile, and take 0.02.
_EDGE: Final = rf"(?:(?<!{_WORD_CHARACTER})|(?!{_WORD_CHARACTER}))"


@dataclass(frozen=True, slots=True)
class GlossaryEntry:
    """A name or term as it is written.

    `heard_as` are phrases that it replaces in transcripts. `pronunciation` is a respelling that voices say instead of
    it, None where they read it right.
    """

    term: str
    heard_as: tuple[str, ...] = ()
    pronunciation: str | None = None


class Occurrence(NamedTuple):
    """Where a phrase stands: in the words from `first` to before `stop`, between `before` and `after` in their text.

    `value` is the phrase's.
    """

    first: int
    stop: int
    before: str
    after: str
    value: str


def normalized(phrase: str) -> str:
    """The form in which phrases are compared: case, apostrophes, hyphens and spaces make no difference."""
    return " ".join(re.sub("[-\u2010\u2011]", " ", phrase.replace("’", "'")).lower().split())


def occurrences(words: Sequence[tuple[str, bool]], values: Mapping[str, str]) -> Iterator[Occurrence]:
    """Each whole-word occurrence of the phrases that `values` has as keys, the longest where several begin.

    Words are given as their text, and whether a space precedes it. No word is part of two occurrences.
    """
    if not values:
        return
    by_phrase = {normalized(phrase): value for phrase, value in values.items()}
    any_phrase = "|".join(map(_pattern, sorted(by_phrase, key=len, reverse=True)))
    pattern = re.compile(f"{_EDGE}(?:{any_phrase}){_EDGE}", re.IGNORECASE)
    spaces = [" " * (spaced and index > 0) for index, (_, spaced) in enumerate(words)]
    edges = list(
        accumulate((len(space) + len(word) for space, (word, _) in zip(spaces, words, strict=True)), initial=0)
    )
    text = "".join(space + word for space, (word, _) in zip(spaces, words, strict=True))
    free_from = 0
    for match in pattern.finditer(text):
        first, last = bisect_right(edges, match.start()) - 1, bisect_right(edges, match.end() - 1) - 1
        value = by_phrase.get(normalized(match[0]))
        if value is None or first < free_from:
            continue
        before = text[edges[first] : match.start()].removeprefix(spaces[first])
        yield Occurrence(first, last + 1, before, text[match.end() : edges[last + 1]], value)
        free_from = last + 1


def with_vocabulary(glossary: Sequence[GlossaryEntry], vocabulary: Sequence[str]) -> tuple[GlossaryEntry, ...]:
    """The entries of the vocabulary's terms, then the others."""
    known = {normalized(entry.term): entry for entry in glossary}
    asked = {normalized(term): known.get(normalized(term), GlossaryEntry(term)) for term in vocabulary}
    return tuple((asked | known).values())


def pronounced_in(script: str, glossary: Sequence[GlossaryEntry]) -> tuple[GlossaryEntry, ...]:
    """The entries with a pronunciation whose term the script has, without what captions replace."""
    text = normalized(script)
    said = (entry for entry in glossary if entry.pronunciation and normalized(entry.term) in text)
    return tuple(replace(entry, heard_as=()) for entry in said)


def correct(words: Sequence[Word], glossary: Sequence[GlossaryEntry]) -> tuple[Word, ...]:
    """The words, with what is listed as heard replaced by its term, in the time of what it replaces."""
    terms = {heard: entry.term for entry in glossary for heard in entry.heard_as}
    corrected: list[Word] = []
    done = 0
    for found in occurrences([(word.text, word.spaced) for word in words], terms):
        corrected += words[done : found.first]
        corrected += in_time_of(words[found.first : found.stop], found.before + found.value + found.after)
        done = found.stop
    return (*corrected, *words[done:])


def in_time_of(replaced: Sequence[Word], text: str) -> Iterator[Word]:
    """The words of `text`, each as long as its letters, in the time of those that it replaces."""
    texts = text.split()
    start, end = replaced[0].start, replaced[-1].end
    shares = accumulate(map(len, texts), initial=0)
    edges = [round(start + (end - start) * share / sum(map(len, texts)), 3) for share in shares]
    for index, (part, span) in enumerate(zip(texts, pairwise(edges), strict=True)):
        yield replace(replaced[0], start=span[0], end=span[1], text=part, spaced=replaced[0].spaced or index > 0)


def _pattern(phrase: str) -> str:
    """A pattern of a normalized phrase."""
    return "[ \u2010\u2011-]".join(re.escape(word).replace("'", "['’]") for word in phrase.split())
