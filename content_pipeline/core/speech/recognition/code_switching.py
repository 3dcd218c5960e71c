"""Code-switching: finds the stretches of a recording in which another language is spoken than in the rest."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any, Final

from content_pipeline.core.media.audio_decoding import SAMPLE_RATE, Samples
from content_pipeline.core.speech.recognition import voice_activity

if TYPE_CHECKING:
    from faster_whisper import WhisperModel
else:
    WhisperModel = Any

# Another language counts only where one phrase of it lasts as long and is as sure.
_MIN_SECONDS: Final = 2.0
_MIN_PROBABILITY: Final = 0.9
# A change of language has to gain this much in log-probability times seconds. A single word that sounds like another
# language does not gain as much.
_SWITCH_COST: Final = 4.0
_LOWEST_PROBABILITY: Final = 0.002
# Languages that sound alike and are written differently: they would alternate from phrase to phrase.
_ALIKE: Final = (("no", "nn"), ("hr", "bs", "sr"), ("hi", "ur"), ("id", "ms"), ("zh", "yue"))


@dataclass(frozen=True, slots=True)
class Stretch:
    """The samples from `start` to before `end`, in which one language is spoken (Whisper's code)."""

    start: int
    end: int
    language: str


def stretches(model: WhisperModel, samples: Samples, main: str) -> list[Stretch]:
    """The samples (16 kHz) in stretches of one language, cut in pauses; mostly it is one stretch of `main`.

    The model has to be multilingual.
    """
    phrases = voice_activity.phrases(samples)
    heard = [_probabilities(model, samples[start:end], main) for start, end in phrases]
    seconds = [(end - start) / SAMPLE_RATE for start, end in phrases]
    languages = {main} | {
        language
        for length, probabilities in zip(seconds, heard, strict=True)
        for language, probability in probabilities.items()
        if probability >= _MIN_PROBABILITY and length >= _MIN_SECONDS
    }
    if len(languages) == 1:
        return [Stretch(0, len(samples), main)]
    spoken = _likeliest_path(heard, seconds, sorted(languages))
    runs = [list(run) for _, run in groupby(zip(phrases, spoken, strict=True), key=lambda phrase: phrase[1])]
    cuts = [0, *((before[-1][0][1] + after[0][0][0]) // 2 for before, after in pairwise(runs)), len(samples)]
    return [Stretch(start, end, run[0][1]) for (start, end), run in zip(pairwise(cuts), runs, strict=True)]


def _probabilities(model: WhisperModel, phrase: Samples, main: str) -> Mapping[str, float]:
    """How probable each language is; those that sound like `main` count as `main`.

    The encoder sees the phrase alone, not the 30 s to which the library fills it up: a seventh of the time.
    """
    encoded = model.encode(model.feature_extractor(phrase))
    probabilities: defaultdict[str, float] = defaultdict(float)
    for token, probability in model.model.detect_language(encoded)[0]:
        language = token.strip("<|>")
        alike = next((group for group in _ALIKE if language in group), (language,))
        probabilities[main if main in alike else alike[0]] += probability
    return probabilities


def _likeliest_path(
    heard: Sequence[Mapping[str, float]], seconds: Sequence[float], languages: Sequence[str]
) -> list[str]:
    """The language of each phrase, with as few changes as the probabilities allow (Viterbi)."""
    costs = dict.fromkeys(languages, 0.0)
    origins: list[dict[str, str]] = []
    for probabilities, length in zip(heard, seconds, strict=True):
        best = min(languages, key=lambda language: costs[language])
        origins.append({each: each if costs[each] <= costs[best] + _SWITCH_COST else best for each in languages})
        costs = {
            language: min(costs[language], costs[best] + _SWITCH_COST)
            - length * math.log(max(probabilities.get(language, 0.0), _LOWEST_PROBABILITY))
            for language in languages
        }
    path = [min(languages, key=lambda language: costs[language])]
    for origin in reversed(origins[1:]):
        path.append(origin[path[-1]])
    return path[::-1]
