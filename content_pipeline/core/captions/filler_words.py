"""Filler words by language: hesitation sounds, discourse markers between commas, and words that people stutter.

Only what is no word there: "um" and "er" are fillers in English and words in German ("at", "he"), and "um" is "a" in
Portuguese.
"""

import re
from dataclasses import dataclass
from typing import Final

_HAN: Final = "\u3400-\u9fff"
_START: Final = r"(?:^|(?<=[。！？!?，、,…\s]))"
_COMMA: Final = r"[，、,…\s]"


@dataclass(frozen=True, slots=True)
class FillerWords:
    """The fillers of a language that has spaces, in lower case and without punctuation.

    `sounds` are fillers wherever they stand; `set_off` and `phrases` (of several words) only between punctuation.
    `stutters` are words that nobody says twice on purpose: "very very" and "had had" are meant.
    """

    sounds: re.Pattern[str]
    set_off: re.Pattern[str] | None = None
    phrases: tuple[tuple[str, ...], ...] = ()
    stutters: frozenset[str] = frozenset()


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


FILLER_WORDS: Final = {
    "en": FillerWords(
        re.compile(r"u+h+m*|u+m+|e+r+m*|h+m{1,}"),
        phrases=(("you", "know"), ("i", "mean")),
        stutters=_words(
            "i i'm i've i'd i'll we we're they they're she the a an and but or to of my our and because if"
        ),
    ),
    "de": FillerWords(
        re.compile(r"ä+h+m*|ä+m+|ö+h+m*|e+h+m+|h+m+"),
        stutters=_words("ich wir und aber oder ein eine einen mein meine mit für von weil dass wenn"),
    ),
    "es": FillerWords(
        re.compile(r"e+h+m+|e{2,}h*|e+m{2,}|m{3,}|h+m+"),
        set_off=re.compile(r"e+h+|e+m"),
        stutters=_words("yo y pero el los las un una de en con para porque mi"),
    ),
    "fr": FillerWords(
        re.compile(r"e+u+h+|h+e+u+|h+m+"),
        set_off=re.compile(r"h+u+m+|e+h+m+"),
        stutters=_words("je j'ai et mais le les un une des de du pour dans parce mon"),
    ),
    "pt": FillerWords(
        re.compile(r"ã+h*n?|h+ã+n?|a+h+n+|h+u+m+|é{2,}|h+m+"),
        set_off=re.compile(r"e+h+"),
        stutters=_words("eu e mas os um uma de em com para porque meu minha"),
    ),
    "it": FillerWords(
        re.compile(r"e+h+m+|e+m+h+|u+h+m+|m{3,}|h+m+"),
        stutters=_words("io e ma il gli un una di in con per perché"),
    ),
    "nl": FillerWords(
        re.compile(r"u+h+m*|e+u+h+m*|e+h+m+|h+m+"),
        set_off=re.compile(r"e+h+"),
        stutters=_words("ik wij en maar een de het van met voor omdat"),
    ),
    "sv": FillerWords(re.compile(r"ö+h+m*|ä+h+m*|e+h+m+|h+m+"), stutters=_words("jag vi och men en ett")),
    "da": FillerWords(re.compile(r"ø+h+m*|æ+h+m*|e+h+m+|h+m+"), stutters=_words("jeg vi og men en et")),
    "no": FillerWords(re.compile(r"ø+h+m*|æ+h+m*|e+h+m+|h+m+"), stutters=_words("jeg vi og men en et")),
    "pl": FillerWords(re.compile(r"y{2,}|e{3,}|h+m+"), stutters=_words("ja i ale że bo")),
    "ru": FillerWords(re.compile(r"э{2,}|э+м+|э-э|х+м+"), stutters=_words("я мы и но что потому")),
    "ko": FillerWords(re.compile(r"으+음+"), set_off=re.compile(r"음+|어+")),
}

# Languages without spaces: what is cut out of the text, with the comma or blank that follows it.
# あの人 is "that person" and 我要那个 "I want that one", so these two are fillers at the start of a clause and before a
# comma only; 嗯。 is an answer; 答えと is "answer and".
FILLER_PATTERNS: Final = {
    "ja": re.compile(
        rf"(?<![{_HAN}])え(?:ー+っ?|っ|え+ー*っ?)と[ーぉォ]*{_COMMA}*"
        rf"|[あそ]のー+{_COMMA}*"
        rf"|{_START}(?:あの|あのう|えー+|う[ー〜]+ん|んー+){_COMMA}+"
    ),
    "zh": re.compile(
        rf"(?<!打)呃+(?!逆){_COMMA}*"
        rf"|{_START}嗯+{_COMMA}+"
        rf"|{_START}(?:那个|這個|那個|这个)[，、,…]+(?![是也都不就在有])"
        rf"|(我们|我們|你们|你們|他们|他們|因为|因為|所以|但是|这个|那个|這個|那個){_COMMA}*(?=\1)"
        rf"|{_START}(我|他|她){_COMMA}*(?:\2{_COMMA}*)*(?=\2)"
    ),
}
FILLER_PATTERNS["yue"] = FILLER_PATTERNS["zh"]
