"""Keyword extraction for hashtags, in the manner of RAKE.

Scripts are too short for word counts. Candidates are the words between stop words and punctuation; names, words of
the title, repeated words and early ones rank first. (The
libraries did not fit: YAKE is AGPL by its license file, rake-nltk downloads its word lists when it runs.)
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from content_pipeline.core.media.timed_words import UNSPACED_SCRIPTS
from content_pipeline.core.platforms.hashtags import distinct
from content_pipeline.core.writing.sentences import paragraphs
from content_pipeline.core.writing.stop_words import stop_words

_MOST_KEYWORDS: Final = 30
_ADDRESS: Final = re.compile(r"https?://\S+|www\.\S+|\S*[@#＃]\S+|\b[\w-]+(?:\.[a-z-]{2,})+(?:/\S*)?")
_WORD: Final = re.compile("[^\\W_](?:[\\w’'-]|[\u0300-\u036f\u0900-\u0963\u0966-\u0dff])*")
_POSSESSIVE: Final = re.compile(r"['’]s?$")
# Katakana, Han and Latin words; hiragana between them is grammar.
_JAPANESE_WORD: Final = re.compile("[ァ-ヴー]{3,}|[々\u4e00-\u9fff]{2,8}|[A-Za-z][A-Za-z0-9]+")
_KOREAN_PARTICLE: Final = re.compile(r"(?<=\w\w)(?:에서|으로|[은는이가을를의에로와과도])$")
_LATIN_WORD: Final = re.compile("[A-Za-z][A-Za-z0-9]+")
# Verb forms, adverbs, counts, which no list covers. German nouns begin with a capital.
_NO_TOPIC: Final = {
    "en": re.compile(r"(?:\w{3}(?<!e)ed|\w{3}(?<!fami)ly|['’]\w+)$"),
    "de": re.compile(r"^[^A-ZÄÖÜ]"),
    "ja": re.compile("^[何数一二三四五六七八九十百千万毎今]"),
    "ko": re.compile("(?:다|요|고)$"),
}
# An English pair ends in a noun that looks like one: "morning routine", but not "revenue grew".
_NOUN: Final = re.compile(
    "(?:[st]ion|ment|ness|ity|ing|ship|[aeo]rs?|ics?|ine|ism|age|ure|[ae]nce|ware|ology|graphy|ia|gence)s?$"
)
_NO_ABBREVIATION: Final = frozenset({"AM", "PM", "OK"})
# Languages whose sentences often begin with a verb, because its ending implies the subject.
_VERBS_FIRST: Final = frozenset({"es", "pt", "it"})


def keywords(script: str, *, language: str, title: str = "") -> tuple[str, ...]:
    """Up to 30 hashtags without their "#", the best first; deterministic, and possibly empty."""
    if sum(map(str.isupper, script)) > sum(map(str.isalpha, script)) / 2:  # capitals do not mark names then
        script = script.lower()
    runs = list(_runs(f"{title}\n\n{_ADDRESS.sub('. ', script)}", language))
    words = [word for run in runs for word in run]
    counts = Counter(word.key for word in words)
    titled = {word.key for run in _runs(title, language) for word in run}
    weights: dict[str, float] = {}
    for position, word in enumerate(words):
        weight = counts[word.key] + 0.5 * word.named + 0.5 * (word.key in titled) - position / len(words)
        weights[word.key] = max(weight, weights.get(word.key, weight))
    phrases = [
        (sum(weights[word.key] for word in phrase) / len(phrase) + 0.4 * (len(phrase) - 1), phrase)
        for run in runs
        for phrase in _phrases(run, language)
    ]
    ranked = sorted(phrases, key=lambda found: -found[0])  # stable: of equals the earlier one
    return distinct(_without_repeats([phrase for _, phrase in ranked], counts))[:_MOST_KEYWORDS]


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    named: bool  # capitalized like names and abbreviations

    @property
    def key(self) -> str:
        return self.text.casefold()


def _runs(text: str, language: str) -> Iterator[list[_Word]]:
    """Runs of possible topics between stop words or punctuation."""
    for sentence in (sentence for paragraph in paragraphs(text) for sentence in paragraph):
        run: list[_Word] = []
        for index, word in enumerate(_words(sentence, language)):
            named = _is_name(word, first=index == 0, language=language)
            hidden_verb = index == 0 and not named and language in _VERBS_FIRST
            if word and not hidden_verb and _may_be_topic(word, language):
                run.append(_Word(word, named))
            elif run:
                yield run
                run = []
        if run:
            yield run


def _words(sentence: str, language: str) -> Iterator[str]:
    """The words of a sentence, with "" for punctuation between them."""
    at = 0
    for match in _WORD.finditer(sentence):
        if sentence[at : match.start()].strip():
            yield ""
        at = match.end()
        if UNSPACED_SCRIPTS.search(match[0]):
            # Without a dictionary, Japanese can be split by its scripts; Chinese and Thai cannot.
            pattern = _JAPANESE_WORD if language == "ja" else _LATIN_WORD
            yield from (part for word in pattern.findall(match[0]) for part in (word, ""))
        else:
            word = _POSSESSIVE.sub("", match[0])
            yield _KOREAN_PARTICLE.sub("", word) if language == "ko" else word


def _may_be_topic(word: str, language: str) -> bool:
    if len(word) > 1 and word.isupper() and word not in _NO_ABBREVIATION:
        return True
    short = len(word) < 3 and word.isascii()
    unfit = language in _NO_TOPIC and _NO_TOPIC[language].search(word)
    return not (short or unfit or word[0].isdigit() or word.casefold().replace("’", "'") in stop_words(language))


def _is_name(word: str, *, first: bool, language: str) -> bool:
    """A capital in the middle of a sentence, or more than one; German writes every noun so."""
    if sum(character.isupper() for character in word) > 1:
        return True
    return word[:1].isupper() and not first and language != "de"


def _phrases(run: Sequence[_Word], language: str) -> Iterator[Sequence[_Word]]:
    """Each word of a run, its pairs that are compounds, and the whole run where it is one name."""
    yield from ((word,) for word in run)
    for pair in pairwise(run):
        if all(word.named for word in pair) or (language == "en" and _NOUN.search(pair[1].key)):
            yield pair
    if len(run) > 2 and all(word.named for word in run):
        yield run


def _without_repeats(phrases: Sequence[Sequence[_Word]], counts: Counter[str]) -> Iterator[str]:
    """The phrases as text, without those contained in an earlier one, unless the script repeats them."""
    taken: Counter[str] = Counter()
    for phrase in phrases:
        keys = [word.key for word in phrase]
        if all(taken[key] < counts[key] for key in keys) or not any(taken[key] for key in keys):
            taken.update(keys)
            yield " ".join(word.text if len(phrase) > 1 or word.named else _capital(word.text) for word in phrase)


def _capital(word: str) -> str:
    return word[0].upper() + word[1:]
