"""Chinese script conversion: words in simplified or traditional characters, as a language tag demands (OpenCC)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any, Final

from content_pipeline.core.media.timed_words import Word
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
    if base_language(tag) not in ("zh", "yue"):
        return None
    return next((script for subtag, script in _SCRIPTS.items() if subtag in subtags), None)


def convert(words: Sequence[Word], script: Script) -> tuple[Word, ...]:
    """The words in a script, with their timings.

    They are converted together: the character for 发 is another one in "hair" than in "send".
    """
    edges = list(accumulate((len(word.text) for word in words), initial=0))
    text = "".join(word.text for word in words)
    converted = _converter(script.configuration).convert(text)
    if len(converted) != len(text):  # the few characters of two code points
        return tuple(replace(word, text=_converter(script.configuration).convert(word.text)) for word in words)
    return tuple(
        replace(word, text=converted[start:stop]) for word, (start, stop) in zip(words, pairwise(edges), strict=True)
    )


@cache
def _converter(configuration: str) -> OpenCC:
    from opencc import OpenCC  # the API imports this module too, and converts nothing

    return OpenCC(configuration)
