"""Missed speech: finds where somebody speaks and no word was written.

The model skips to the end of a window where it takes what follows for the end: of 23 recordings of German after English
three lost all German.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from content_pipeline.core.media.audio_decoding import SAMPLE_RATE, Samples
from content_pipeline.core.media.timed_words import Word
from content_pipeline.core.speech.recognition import voice_activity

_MIN_SECONDS: Final = 3.0


def stretches(words: Sequence[Word], samples: Samples) -> Iterator[tuple[int, int]]:
    """The samples (16 kHz) of each gap between the words, in order, that has at least 3 s of speech: first and end."""
    gaps = list(_gaps(words, len(samples)))
    phrases = voice_activity.phrases(samples) if gaps else []
    for first, end in gaps:
        inside = [(max(start, first), min(stop, end)) for start, stop in phrases]
        # Shorter speech is mostly the end of a word beside the gap.
        spoken = [(start, stop) for start, stop in inside if stop - start >= SAMPLE_RATE]
        if sum(stop - start for start, stop in spoken) >= _MIN_SECONDS * SAMPLE_RATE:
            # Phrases that lie inside the gap are included even if they are short, such as the end of a sentence after a
            # pause: without it the sentence before was heard as another one.
            apart = [(start, stop) for start, stop in phrases if first < start and stop < end]
            yield min([*spoken, *apart])[0], max([*spoken, *apart])[1]


def _gaps(words: Sequence[Word], length: int) -> Iterator[tuple[int, int]]:
    edges = [0, *(int(SAMPLE_RATE * time) for word in words for time in (word.start, word.end)), length]
    return (gap for gap in list(pairwise(edges))[::2] if gap[1] - gap[0] >= _MIN_SECONDS * SAMPLE_RATE)
