"""Chinese script conversion: words in simplified or traditional characters, as a language tag demands (OpenCC)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from content_pipeline.core.media.timed_words import Word, rewritten
from content_pipeline.core.providers.languages import base_language

if TYPE_CHECKING:
    from opencc import OpenCC
else:
    OpenCC = Any


@dataclass(frozen=True, slots=True)
class Script:
    """A form of written Chinese: the subtag that selects it, and OpenCC's configuration for it."""

    subtag: str
    configuration: str


LANGUAGES: Final = ("zh", "yue")  # that are written in them, as Whisper calls them
SIMPLIFIED: Final = Script("Hans", "t2s")
_TRADITIONAL: Final = Script("Hant", "s2tw")
_HONG_KONG: Final = Script("HK", "s2hk")
# In order of precedence: zh-Hans-HK is simplified.
_SCRIPTS: Final = {
    "hans": SIMPLIFIED,
    "hk": _HONG_KONG,
    "mo": _HONG_KONG,
    "hant": _TRADITIONAL,
    "tw": _TRADITIONAL,
    "cn": SIMPLIFIED,
    "sg": SIMPLIFIED,
}


def demanded_script(tag: str) -> Script | None:
    """The script that a language tag demands; None for other languages, and for Chinese without script and region."""
    subtags = tag.lower().replace("_", "-").split("-")[1:]
    if base_language(tag) not in LANGUAGES:
        return None
    return next((script for subtag, script in _SCRIPTS.items() if subtag in subtags), None)


def unmixed(words: Sequence[Word]) -> tuple[Word, ...]:
    """The words in the script of most of their characters: Whisper mixes them, as in 廣州市佛地产."""
    text = "".join(word.text for word in words)
    # 台 is written in Taiwan too, but OpenCC's form for Taiwan is 臺.
    of_traditional, of_simplified = (_changes(text, script) for script in (SIMPLIFIED, _HONG_KONG))
    if not of_traditional or not of_simplified:
        return tuple(words)
    return convert(words, _TRADITIONAL if of_traditional > of_simplified else SIMPLIFIED)


def convert(words: Sequence[Word], script: Script) -> tuple[Word, ...]:
    """The words in a script, with their timings.

    They are converted together: the character for 发 is another one in "hair" than in "send".
    """
    text = "".join(word.text for word in words)
    converted = _converter(script.configuration).convert(text)
    if len(converted) != len(text):  # the few characters of two code points
        return tuple(replace(word, text=_converter(script.configuration).convert(word.text)) for word in words)
    return rewritten(words, converted)


def _changes(text: str, script: Script) -> int:
    """How many characters of the text are not of the script."""
    return sum(a != b for a, b in zip(text, _converter(script.configuration).convert(text), strict=False))


@cache
def _converter(configuration: str) -> OpenCC:
    from opencc import OpenCC  # the API imports this module too, and converts nothing

    return OpenCC(configuration)
