"""Line breaking: finds break opportunities, scores them, and wraps words into lines.

`group_unbreakable` joins words that must share a line: a word with attached punctuation, a Japanese phrase. A group is
split only when it is wider than a line. `wrap_lines` finds the best lines; cues measure in columns (`display_width`),
frames in pixels.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import accumulate, pairwise

import budoux

from content_pipeline.core.media.emoji_attachment import find_leading_and_trailing
from content_pipeline.core.media.emoji_sequences import split_emoji, without_emoji
from content_pipeline.core.media.list_numbers import find_list_numbers
from content_pipeline.core.media.timed_words import MAX_WORD_SECONDS, UNSPACED_SCRIPTS, Word, join_words

# Cost of a break after a word, by what precedes the break.
SENTENCE, CLAUSE, CONJUNCTION, PLAIN, DANGLING = 0.0, 1.0, 2.0, 4.0, 7.0
# A pause of one second makes any break as cheap as a sentence end.
PAUSE_BONUS = 4.0
# Weight of break costs against evenness of the lines (sum of squared fill ratios).
BREAK_WEIGHT = 0.03
# Two lines read better when the lower one is longer, so all lines but the last cost more.
UPPER_LINE_FACTOR = 1.1

_CLOSERS = "\"'”’»)\\]」』）】"
_SENTENCE_END = re.compile(f"[.!?…。！？।؟۔።။។][{_CLOSERS}]*$")
_CLAUSE_END = re.compile(f"[,;:—–、，；：،؛][{_CLOSERS}]*$")
_ABBREVIATION = re.compile(r"^(mr|mrs|ms|dr|prof|st|vs|no|sr|jr|mme|m|dra?|sra?|hr|fr|nr)\.$", re.IGNORECASE)
# "J. K. Rowling", "z. B."; "I." is a word.
_INITIAL = re.compile(r"^[^\W\d_I]\.$")
# Kinsoku: small kana, length and iteration marks may not start a line.
_NO_LINE_START = re.compile("[ーゝゞ々ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ]")
# A Chinese numeral belongs to the measure word after it, which is another phrase to BudouX: 一|种.
_NUMERAL = re.compile("[一二两兩三四五六七八九十百千万萬几幾每某]")


# Signs that some languages write with a blank before them: "80 %", "300 €", « Pourquoi ? ».
_NO_LINE_START_SPACED = re.compile(r"[!?:;%‰€£$¥₹°»…]+$")
_NO_LINE_END_SPACED = re.compile("[«¿¡]$")


def _word_sets(lists: dict[str, str]) -> dict[str, frozenset[str]]:
    return {language: frozenset(words.split()) for language, words in lists.items()}


_CONJUNCTIONS = _word_sets(
    {
        "en": "and but or nor so because although while when where if unless until since that which who",
        "de": "und aber oder denn weil dass ob wenn als obwohl während damit",
        "fr": "et mais ou donc car que qui dont quand lorsque parce puisque si comme",
        "es": "y e o u pero sino que quien cuando donde porque aunque si como mientras",
        "pt": "e ou mas que quem quando onde porque embora se como enquanto",
        "it": "e ed o ma che chi quando dove perché se come mentre",
    }
)
# Articles, prepositions and other function words: a break after them is penalized.
_FUNCTION_WORDS = _word_sets(
    {
        "en": "a an the of to in on at by for with from into as my your his her its our their this these and or but "
        "can could may might must shall should will would not be",
        "de": "ein eine einen einem einer der die das den dem des zu in im an am auf mit von vom bei für und oder",
        "fr": "un une le la les de du des à au aux en dans sur sous par pour avec sans et ou mon ma mes son sa ses",
        "es": "un una el la los las de del a al en con por para sin sobre y o mi tu su",
        "pt": "um uma o a os as de do da dos das em no na nos nas com por para sem e ou",
        "it": "un uno una il lo la i gli le di del della a al alla da dal in nel nella con su per tra e",
    }
)
_HAN_PARSERS: dict[str, Callable[[], budoux.Parser]] = {
    "ja": budoux.load_default_japanese_parser,
    "yue": budoux.load_default_traditional_chinese_parser,
    "zh-tw": budoux.load_default_traditional_chinese_parser,
    "zh-hk": budoux.load_default_traditional_chinese_parser,
    "zh-hant": budoux.load_default_traditional_chinese_parser,
}


def display_width(text: str) -> int:
    """Display width in columns: wide East Asian characters and emoji count two, combining marks zero."""
    if text.isascii():
        return len(text)
    return sum(2 if is_emoji else sum(map(_columns, part)) for part, is_emoji in split_emoji(text))


def _columns(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


@cache
def _parser(load: Callable[[], budoux.Parser]) -> budoux.Parser:
    return load()


def _phrases(text: str, language: str) -> list[str]:
    """Phrases of unspaced text (BudouX). The parser depends on the script, and on the language for Han only."""
    if re.search("[\u0e00-\u0e7f]", text):
        load = budoux.load_default_thai_parser
    elif re.search("[\u3040-\u30ff]", text):
        load = budoux.load_default_japanese_parser
    else:
        load = _HAN_PARSERS.get(language.lower(), budoux.load_default_simplified_chinese_parser)
    return _parser(load).parse(text)


def _forbids_break(before: Word, after: Word) -> bool:
    """Whether a break is forbidden between two words that no space separates."""
    last, first = before.text[-1], after.text[0]
    return (
        not (UNSPACED_SCRIPTS.match(last) or UNSPACED_SCRIPTS.match(first))
        or unicodedata.category(first) in ("Pe", "Pf", "Po", "Mn", "Mc")
        or unicodedata.category(last) in ("Ps", "Pi")
        or _NO_LINE_START.match(first) is not None
        or _NUMERAL.match(last) is not None
    )


def _phrase_ends(run: Sequence[Word], language: str) -> set[int]:
    """After how many words of a stretch without blanks a phrase ends."""
    text, ends, at = _with_marks("".join(word.text for word in run)), set(), 0
    if not UNSPACED_SCRIPTS.search(text):
        return set()
    for phrase in _phrases(text, language):
        at += len(phrase)
        ends.add(at)
    at, counts = 0, set()
    for count, (before, after) in enumerate(pairwise(run), 1):
        at += len(before.text)
        if at in ends and not _forbids_break(before, after):
            counts.add(count)
    return counts


def _with_marks(text: str) -> str:
    """The text with emoji as exclamation marks, which end phrases: BudouX would begin some with them."""
    return "".join("！" * len(part) if is_emoji else part for part, is_emoji in split_emoji(text))


def _split_at(words: Sequence[Word], counts: set[int]) -> list[Sequence[Word]]:
    """The words cut after each of the given counts."""
    edges = [0, *sorted(counts), len(words)]
    return [words[start:stop] for start, stop in pairwise(edges)]


def group_unbreakable(
    words: Sequence[Word], language: str, *, limit: float, width: Callable[[str], float] = display_width
) -> list[Sequence[Word]]:
    """Words in groups that must stay on one line.

    A group wider than `limit`, or spoken for longer than a cue may last, is split into its words.
    """
    if not words:
        return []
    blanks = {
        index
        for index, (before, after) in enumerate(pairwise(words), 1)
        if after.spaced and not (_NO_LINE_START_SPACED.match(after.text) or _NO_LINE_END_SPACED.match(before.text))
    }
    groups: list[Sequence[Word]] = []
    for run in _split_at(words, blanks):
        for group in _split_at(run, _phrase_ends(run, language)):
            fits = width(join_words(group)) <= limit and group[-1].end - group[0].start <= MAX_WORD_SECONDS
            groups += [group] if fits else [(word,) for word in group]
    return groups


def _is_clause_by_blank(before: Word, after: Word) -> bool:
    """A blank in Chinese, Japanese or Thai ends a clause: the speech model writes it in place of a comma."""
    return after.spaced and bool(UNSPACED_SCRIPTS.match(before.text[-1]) and UNSPACED_SCRIPTS.match(after.text[0]))


def ends_sentence(before: Word, after: Word) -> bool:
    """Whether a sentence ends between two words: by punctuation alone, because people pause after commas too."""
    text = without_emoji(before.text)
    is_shortened = _ABBREVIATION.match(text) or (_INITIAL.match(text) and text.isascii())
    return _SENTENCE_END.search(text) is not None and not is_shortened and not after.text[0].islower()


def break_cost(before: Word, after: Word, language: str) -> float:
    """Cost of a break between two words, from 0 (sentence end) to 7 (after an article)."""
    text, following = without_emoji(before.text).lower(), after.text.lower()
    language = language.split("-")[0].lower()
    if ends_sentence(before, after):
        cost = SENTENCE
    elif _CLAUSE_END.search(text) or _is_clause_by_blank(before, after):
        cost = CLAUSE
    elif text in _FUNCTION_WORDS.get(language, ()):
        cost = DANGLING
    elif following in _CONJUNCTIONS.get(language, ()):
        cost = CONJUNCTION
    else:
        cost = PLAIN
    return max(SENTENCE, cost - PAUSE_BONUS * (after.start - before.end))


def break_costs(words: Sequence[Word], language: str) -> list[float]:
    """The cost of a break after each word but the last.

    An item of a list begins like a sentence, with its number or bullet; any other emoji ends what it stands behind.
    """
    starts, trailing = _items_and_trailing_emoji(words)
    return [
        DANGLING if index in starts or index + 1 in trailing else
        SENTENCE if index + 1 in starts else
        break_cost(before, after, language)
        for index, (before, after) in enumerate(_pairs(words, trailing))
    ]  # fmt: skip


def _items_and_trailing_emoji(words: Sequence[Word]) -> tuple[set[int], set[int]]:
    """The indices of the words that begin items of lists, and of emoji that belong to the words before them."""
    texts = [word.text for word in words]
    leading, trailing = find_leading_and_trailing(texts)
    return {*find_list_numbers(texts), *leading}, trailing


def _pairs(words: Sequence[Word], trailing: set[int]) -> Iterator[tuple[Word, Word]]:
    """The word before each break, or if it is a trailing emoji the one before that; and the word after the break."""
    said = None
    for index, (before, after) in enumerate(pairwise(words)):
        said = replace(said, end=before.end) if said and index in trailing else before
        yield said, after


def group_break_costs(groups: Sequence[Sequence[Word]], language: str) -> list[float]:
    """The cost of a break after each group but the last."""
    costs = break_costs([word for group in groups for word in group], language)
    ends = accumulate(len(group) for group in groups[:-1])
    return [costs[end - 1] for end in ends]


def group_sentence_ends(groups: Sequence[Sequence[Word]]) -> list[bool]:
    """Whether a sentence, or an item of a list, ends with each group but the last."""
    words = [word for group in groups for word in group]
    starts, trailing = _items_and_trailing_emoji(words)
    ends = [
        index + 1 in starts or (index not in starts and index + 1 not in trailing and ends_sentence(before, after))
        for index, (before, after) in enumerate(_pairs(words, trailing))
    ]
    return [ends[end - 1] for end in accumulate(len(group) for group in groups[:-1])]


def wrap_lines(
    groups: Sequence[Sequence[Word]], language: str, *, limit: float, width: Callable[[str], float] = display_width
) -> list[list[Word]]:
    """Wrap groups into as few lines as `limit` allows, balancing line lengths against break costs.

    A group wider than `limit` gets a line of its own.
    """
    best: list[tuple[int, float]] = [(0, 0.0)]
    previous = [0]
    costs = group_break_costs(groups, language)
    for stop in range(1, len(groups) + 1):
        choices = []
        for start in reversed(range(stop)):
            line = width(join_words([word for group in groups[start:stop] for word in group]))
            if line > limit and start < stop - 1:
                break
            lines, cost = best[start]
            cost += (line / limit) ** 2 * (1.0 if stop == len(groups) else UPPER_LINE_FACTOR)
            if start:
                cost += BREAK_WEIGHT * costs[start - 1]
            choices.append(((lines + 1, cost), start))
        score, start = min(choices)
        best.append(score)
        previous.append(start)
    lines_of_words: list[list[Word]] = []
    stop = len(groups)
    while stop:
        start = previous[stop]
        lines_of_words.insert(0, [word for group in groups[start:stop] for word in group])
        stop = start
    return lines_of_words
