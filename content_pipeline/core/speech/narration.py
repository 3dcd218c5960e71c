"""A script spoken: sentence by sentence, with the time of every word that is shown."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from math import inf
from textwrap import wrap

import numpy as np

from content_pipeline.core.media.breaks import CLAUSE, SENTENCE, break_cost
from content_pipeline.core.media.words import Word, tidy
from content_pipeline.core.speech import espeak, hibari, speech_api, spoken_form
from content_pipeline.core.speech.spoken_form import Token
from content_pipeline.core.speech.voice import Choice, Provider, Samples, Utterance, Voice, moved

# A reel that begins with the first sound loses it to the players' fade-in, and one that ends with the last is cut hard.
_LEAD_SECONDS = 0.2
_TAIL_SECONDS = 0.4
# Instagram and LinkedIn take nothing shorter than 3 s.
_LEAST_SECONDS = 3.1
# The silence after a sentence, and where a long one had to be parted. Voices pause by themselves within a piece.
_PAUSES = {SENTENCE: 0.4, CLAUSE: 0.2}
_SHORTEST_PAUSE = 0.08


@dataclass(frozen=True, slots=True)
class Narration:
    """Mono samples from -1 to 1, and the words as they are shown, in order, in seconds from the first sample.

    `language` is the script's, `voice` the one that spoke.
    """

    samples: Samples
    rate: int
    words: tuple[Word, ...]
    voice: Voice
    language: str

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.rate


@dataclass(frozen=True, slots=True)
class _Speaker:
    """How a provider speaks: sentence by sentence, or several together, up to so many characters at once."""

    speak: Callable[[Sequence[Token], Choice], Utterance]
    characters: int
    several: bool


_SPEAKERS: dict[Provider, _Speaker] = {
    # hibari was trained on sentences of up to 400 phonemes, and takes memory by the square of their number.
    "hibari": _Speaker(hibari.speak, characters=300, several=False),
    "espeak": _Speaker(espeak.speak, characters=600, several=False),
    # A large voice hears what came before; a thousand characters are a minute, which is aligned in one go.
    "endpoint": _Speaker(speech_api.speak, characters=1000, several=True),
}


def narrate(script: str, choice: Choice) -> Narration:
    """Speak a script that `catalog.choose` chose a voice for: one word for each token that is shown.

    Raises Unavailable `voice_missing`, and as `speech_api.speak` and `alignment.align` do.
    """
    shown = spoken_form.tokens(script, choice.language)
    speaker = _SPEAKERS[choice.voice.provider]
    breaths = [breath for token in shown for breath in _breaths(token, speaker.characters)]
    sound: list[Samples] = []
    words: list[Word] = []
    pause, rate, length = _LEAD_SECONDS, 0, 0
    for piece, following_pause in _pieces(breaths, choice.language, speaker):
        utterance = speaker.speak(piece, choice).trimmed()
        rate = utterance.rate
        silence = _silence(pause, rate)
        sound += [silence, utterance.samples]
        words += moved(utterance.words, (length + len(silence)) / rate)
        length += len(silence) + len(utterance.samples)
        pause = following_pause
    tail = max(_TAIL_SECONDS, _LEAST_SECONDS - length / rate)
    samples = np.clip(np.concatenate([*sound, _silence(tail, rate)]), -1.0, 1.0)
    words = tidy(_all_shown(shown, words, speaker.characters), 0.0, len(samples) / rate)
    return Narration(samples, rate, tuple(words), choice.voice, choice.language)


def _breaths(token: Token, characters: int) -> list[Token]:
    """A token in parts that a voice can say at once: 2,500 digits in a row are 12,500 letters, and cost hibari 12 GB.

    None for one that is not spoken.
    """
    parts = wrap(token.spoken, characters)
    return [replace(token, spoken=part) for part in parts]


def _pieces(tokens: Sequence[Token], language: str, speaker: _Speaker) -> Iterator[tuple[Sequence[Token], float]]:
    """What is spoken at once, and the seconds of silence after it."""
    costs = [*(_cost(before, after, language) for before, after in pairwise(tokens)), SENTENCE]
    lengths = np.cumsum([len(token.spoken) + 1 for token in tokens])
    first, said = 0, 0
    while first < len(tokens):
        reach = max(first + 1, int(np.searchsorted(lengths, said + speaker.characters, side="right")))
        least = min(costs[first:reach])
        ends = [stop for stop in range(first + 1, reach + 1) if costs[stop - 1] == least]
        stop = ends[0] if least == SENTENCE and not speaker.several else ends[-1]
        yield tokens[first:stop], _PAUSES.get(least, _SHORTEST_PAUSE)
        first, said = stop, int(lengths[stop - 1])


def _cost(before: Token, after: Token, language: str) -> float:
    """What a break between two tokens costs. A full stop ends a sentence also where nobody writes in capitals."""
    following = after.spoken[0].upper() + after.spoken[1:]
    return break_cost(Word(0, 0, before.spoken), Word(0, 0, following), language)


def _silence(seconds: float, rate: int) -> Samples:
    return np.zeros(round(seconds * rate), np.float32)


def _all_shown(shown: Sequence[Token], words: Sequence[Word], characters: int) -> list[Word]:
    """One word for each token: from its first breath to its last.

    What is only shown (an emoji, a dash) stands between the words, for the length of the pause there.
    """
    spoken = iter(words)
    found: list[Word] = []
    end = 0.0
    for token in shown:
        breaths = list(islice(spoken, len(_breaths(token, characters))))
        if breaths:
            end = breaths[-1].end
            found.append(replace(breaths[0], end=end))
        else:
            found.append(Word(end, inf, token.text, token.spaced))
    return found
