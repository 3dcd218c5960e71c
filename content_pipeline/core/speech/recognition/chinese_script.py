"""Chinese script conversion: words in simplified or traditional characters, as a language tag demands (OpenCC)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from content_pipeline.core.media.timed_words import Word, rewritten
from content_pipeline.core.speech.languages import base_language

if TYPE_CHECKING:
    from opencc import OpenCC
else:
    OpenCC = Any


@dataclass(frozen=True, slots=True)
class Script:
    """A form of written Chinese: the subtag that selects it, and OpenCC's configuration for it."""

    subtag: str
    configuration: str


SIMPLIFIED: Final = Script("Hans", "t2s")
_TRADITIONAL: Final = Script("Hant", "s2tw")
_HONG_KONG: Final = Script("HK", "s2hk")
# The script of each language, by Whisper's code, where the request demands none. Without this the model mixes both
# scripts, even within one sentence, as in 廣州市佛地产.
USUAL: Final = {"zh": SIMPLIFIED, "yue": _HONG_KONG}
# The subtags are in order of precedence: zh-Hans-HK is simplified.
_SCRIPTS: Final = {
    "hans": SIMPLIFIED,
    "hk": _HONG_KONG,
    "mo": _HONG_KONG,
    "hant": _TRADITIONAL,
    "tw": _TRADITIONAL,
    "cn": SIMPLIFIED,
    "sg": SIMPLIFIED,
}


# OpenCC leaves 著 as it is, which in simplified text is 着, but in words of writing and fame.
_PARTICLE: Final = re.compile("(?<![显原名土编专巨论卓昭合遗拙译新])著(?![名作者称述书录])")


def demanded_script(tag: str) -> Script | None:
    """The script that a language tag demands; None for other languages, and for Chinese without script and region."""
    subtags = tag.lower().replace("_", "-").split("-")[1:]
    if base_language(tag) not in USUAL:
        return None
    return next((script for subtag, script in _SCRIPTS.items() if subtag in subtags), None)


def convert(words: Sequence[Word], script: Script) -> tuple[Word, ...]:
    """The words in a script, with their timings.

    They are converted together: the character for 发 is another one in "hair" than in "send".
    """
    text = "".join(word.text for word in words)
    converted = _convert(text, script)
    if len(converted) != len(text):  # the few characters of two code points
        return tuple(replace(word, text=_convert(word.text, script)) for word in words)
    return rewritten(words, converted)


def _convert(text: str, script: Script) -> str:
    converted = _converter(script.configuration).convert(text)
    return _PARTICLE.sub("着", converted) if script == SIMPLIFIED else converted


@cache
def _converter(configuration: str) -> OpenCC:
    from opencc import OpenCC  # the API imports this module too, and converts nothing

    return OpenCC(configuration)
