"""Scripts written by a language model: as long as the video is to last."""

import math
from collections.abc import Generator
from typing import Final

from content_pipeline.core.media.timed_words import UNSPACED_SCRIPTS
from content_pipeline.core.writing import chat, prompts
from content_pipeline.core.writing.post import Persona

# What the voices here speak, pauses included.
WORDS_A_MINUTE: Final = 150
# Han characters and kana that take as long to say as a word.
_CHARACTERS_A_WORD: Final = 2


def write(persona: Persona, *, topic: str, platform: str, seconds: int) -> Generator[str]:
    """The script piece by piece; closing the iterator ends the request. Raises what `chat.stream` raises."""
    words = round(seconds * WORDS_A_MINUTE / 60)
    return chat.stream(prompts.script(persona, topic=topic, platform=platform, seconds=seconds, words=words))


def count_words(script: str) -> int:
    """How many words there are; of scripts without blanks, as many as take the same time to say."""
    spaceless = len(UNSPACED_SCRIPTS.findall(script))
    spaced = UNSPACED_SCRIPTS.sub(" ", script).split()
    return sum(any(map(str.isalnum, word)) for word in spaced) + math.ceil(spaceless / _CHARACTERS_A_WORD)


def spoken_seconds(script: str) -> float:
    """About how long it takes to say."""
    return round(count_words(script) * 60 / WORDS_A_MINUTE, 1)
