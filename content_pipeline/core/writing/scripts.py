"""Scripts by a language model, of a length that fits the video's duration."""

import math
from collections.abc import Generator
from typing import Final

from content_pipeline.core.media.timed_words import UNSPACED_SCRIPTS
from content_pipeline.core.writing import chat, prompts
from content_pipeline.core.writing.post import Persona
from content_pipeline.core.writing.track_record import NOTHING, TrackRecord

# Pace of the voices here, pauses included.
WORDS_A_MINUTE: Final = 150
# Han characters or kana that take as long as a spoken word.
_CHARACTERS_A_WORD: Final = 2


def write(
    persona: Persona, *, topic: str, platform: str, seconds: int, learned_from: TrackRecord = NOTHING
) -> Generator[str]:
    """The script as it is generated; closing the iterator ends the request. Raises what `chat.stream` raises."""
    words = round(seconds * WORDS_A_MINUTE / 60)
    asked = prompts.script(
        persona, topic=topic, platform=platform, seconds=seconds, words=words, learned_from=learned_from
    )
    return chat.stream(asked)


def count_words(script: str) -> int:
    """The number of words; for scripts without spaces, the equivalent in speaking time."""
    spaceless = len(UNSPACED_SCRIPTS.findall(script))
    spaced = UNSPACED_SCRIPTS.sub(" ", script).split()
    return sum(any(map(str.isalnum, word)) for word in spaced) + math.ceil(spaceless / _CHARACTERS_A_WORD)


def spoken_seconds(script: str) -> float:
    """Approximate speaking time in seconds."""
    return round(count_words(script) * 60 / WORDS_A_MINUTE, 1)
