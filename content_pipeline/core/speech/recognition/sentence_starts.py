"""First tokens of sentences: gives one that Whisper times before a pause to the sentence after it.

Of 駅員 after 9 s of music it wrote エ where the sentence before ends, and the rest after the music: two cues.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from content_pipeline.core.media.line_breaking import ends_sentence
from content_pipeline.core.media.timed_words import UNSPACED_SCRIPTS, Word

# A speaker who stops within a sentence goes on sooner.
_PAUSE_SECONDS: Final = 3.0


def after_their_pause(words: Sequence[Word]) -> list[Word]:
    """The words; of scripts without blanks, the first one of a sentence begins with the next one after a long pause."""
    moved = list(words)
    for index, ((before, first), (_, following)) in enumerate(pairwise(pairwise(words)), 1):
        if (
            following.start - first.end >= _PAUSE_SECONDS
            and ends_sentence(before, first)
            and UNSPACED_SCRIPTS.match(first.text[-1])
            and not following.spaced
            and first.text[-1].isalnum()
        ):
            moved[index] = replace(first, start=following.start, end=following.start)
    return moved
