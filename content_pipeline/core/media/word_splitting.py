"""Splits words that are wider than a line at sense: addresses at their signs, other words between syllables."""

import re
from collections.abc import Callable
from itertools import accumulate

from content_pipeline.core.media.fonts import grapheme_clusters

# A hyphen is shown where letters of a word are separated. Addresses and names get none.
HYPHEN = "-"
# Best first: before the host of an address, at a sign of it, before a capital or number of a compound name, ... A dot
# goes to the next line: at the end of one it would be a full stop.
_HOST = re.compile(r"(?:(?<=\w@)|(?<=\w://))(?=\w)")
_SIGN = re.compile(r"(?<=[/?&=#])(?![/?&=#])|(?<=[_@:+~,;|)\-‐–—])(?=\w)|(?<=\w)(?=\.\w)|(?<=\.\.)(?=\w)")
_COMPOUND = re.compile(r"(?<=[a-zß-ÿ])(?=[A-ZÀ-Þ])|(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")
# ... in Japanese before katakana, and before kanji only after a particle, a number or an ending of a verb or adjective:
# 取り扱い stays whole. After a particle or a number, お and ご are the honorific of what follows, else not: たまご, ...
_HIRAGANA, _KATAKANA, _KANJI = "[\u3041-\u3096]", "[\u30a1-\u30fa]", "[\u3400-\u9fff]"
_JAPANESE = re.compile(
    f"(?<={_HIRAGANA})(?<![おっ])(?={_KATAKANA})"
    f"|(?:(?<=[をがはのにでともへや])|(?<={_HIRAGANA}て)|(?<=[一二三四五六七八九]つ))(?=[おご]?(?:{_KATAKANA}|{_KANJI}))"
    f"|(?:(?<=[なる])|(?<=ない)|(?<=です)|(?<=ます)|(?<={_HIRAGANA}た))(?={_KANJI})"
)
# ... after an ending that joins parts in Germanic compounds, before a Latin suffix, ...
_JOINT = re.compile(
    r"(?<=.{3})(?:(?<=ungs)|(?<=schafts)|(?<=heits)|(?<=keits)|(?<=tions)|(?<=täts)|(?<=fahrts)|(?<=ings)|(?<=ung)(?!s)"
    r"|(?=tion)|(?=ment)|(?=ness)|(?=less)|(?=ship)|(?=graph)|(?=isch))(?=.{3})",
    re.IGNORECASE,
)
# ... between syllables: before a consonant and a vowel, where a vowel went before. Signs of one sound stay together.
_VOWELS = "aeiouyàâäáãåæèéêëìíîïòóôöõøùúûüýœ"
_SYLLABLE = re.compile(
    rf"(?<=[{_VOWELS}])(?=(?:sch|ch|ph|th|sh|ck|qu|[bcdfgkptv][lr]|[^\W\d_{_VOWELS}])[{_VOWELS}])"
    rf"|(?<=[{_VOWELS}][^\W\d_{_VOWELS}])(?<!ch)(?=(?:sch|ch|ph|th|sh|qu|[bcdfgkptv][lr]|[^\W\d_h{_VOWELS}])[{_VOWELS}])",
    re.IGNORECASE,
)
_HYPHENATED = (_JOINT, _SYLLABLE)
# Letters that stay on each side of a hyphen.
_MIN_LETTERS = 3
# A better kind of break is taken where it fills this share of the line.
_MIN_FILL = (0.35, 0.35, 0.4, 0.2, 0.5, 0.0)
# These are letters of the scripts that are hyphenated: Latin, Greek, Cyrillic.
_LETTER = "[A-Za-z\u00c0-\u024f\u0370-\u052f]"
_LONG_WORD = re.compile(f"{_LETTER}{{10,}}")
_LETTERS_BESIDE = re.compile(f"{_LETTER}{{{_MIN_LETTERS}}}")
_BEFORE_FULL_STOP = re.compile("(?<=[\u3040-\u30ff\u3400-\u9fff])[\u3040-\u30ff\u3400-\u9fff][。、，！？」』）]")
# A hyphen would change an address, a handle or a file's name.
_ADDRESS = re.compile(r"[/@#_]|\w\.\w")


def split_word(word: str, fits: Callable[[str], bool]) -> list[str]:
    """The parts of a word, each of which `fits` a line as far as one character does; [word] if it fits.

    The parts are the word's drawn characters in order, with a hyphen added where letters of one word are separated.
    """
    if fits(word):
        return [word]
    word = "".join(grapheme_clusters(word))  # what is drawn
    parts = []
    hyphen = "" if _ADDRESS.search(word) else HYPHEN
    while word and not fits(word):
        part, rest = _first_part(word, fits, hyphen)
        if not rest:
            break
        parts.append(part)
        word = rest
    return [*parts, word]


def may_be_hyphenated(text: str) -> bool:
    """Whether `split_word` may add a hyphen to a part of the text."""
    return _LONG_WORD.search(text) is not None


def _first_part(word: str, fits: Callable[[str], bool], hyphen: str) -> tuple[str, str]:
    """The first part of a word that is too wide, and the rest."""
    longest = _longest_prefix(word, fits)
    between_clusters = set(accumulate(map(len, grapheme_clusters(word))))
    for pattern, fill in zip((_HOST, _SIGN, _COMPOUND, _JAPANESE, *_HYPHENATED), _MIN_FILL, strict=True):
        separator = hyphen if pattern in _HYPHENATED else ""
        for end in reversed([match.start() for match in pattern.finditer(word)]):
            if end not in between_clusters or not max(1, fill * longest) <= end <= longest:
                continue
            if separator and not _has_letters_around(word, end):
                continue
            if fits(word[:end] + separator):
                return word[:end] + separator, word[end:]
    end = longest - 1
    if hyphen and _has_letters_around(word, end) and fits(word[:end] + hyphen):
        return word[:end] + hyphen, word[end:]
    return word[:longest], word[longest:]


def _longest_prefix(word: str, fits: Callable[[str], bool]) -> int:
    """How many characters fit, at least one; never between a letter and its marks, or a kanji and a full stop."""
    end = 0
    for cluster in grapheme_clusters(word):
        if end and not fits(word[: end + len(cluster)]):
            break
        end += len(cluster)
    return end - 1 if _BEFORE_FULL_STOP.match(word, end - 1) else max(1, end)


def _has_letters_around(word: str, end: int) -> bool:
    before, after = word[max(0, end - _MIN_LETTERS) : max(0, end)], word[end : end + _MIN_LETTERS]
    return _LETTERS_BESIDE.fullmatch(before) is not None and _LETTERS_BESIDE.fullmatch(after) is not None
