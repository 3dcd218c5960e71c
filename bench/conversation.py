"""Recordings of a conversation between four voices, in five conditions; what is said, and when, is known."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Final

import numpy as np
from scipy import signal

from content_pipeline.core.media import wav
from content_pipeline.core.media.audio_decoding import SAMPLE_RATE, Samples, pcm_chunks
from content_pipeline.core.speech import hibari, text_normalization
from content_pipeline.core.speech.voice_types import VoiceChoice
from tests.core.speech import onset_errors
from tests.media.samples import LIBRIVOX

# A voice at another pitch and pace counts as another speaker. The fourth is human: LibriVox.
_PITCHES: Final = (1.0, 0.84, 1.14)
_TURNS: Final = (
    "Good morning, everyone. Before we start, has anybody heard from the team in Lisbon?",
    "Yes, they called last night. The delivery is late again, and the customer is not happy about it.",
    "How late is late? A day, or a week?",
    "They said ten days at most. If the weather gets better, it could be sooner.",
    "Then we should tell the customer today. Nobody likes to find out from a newspaper.",
    "I agree. I will write to them after lunch, and I will send you a copy.",
    "Fine. Next question: who wants to present the new camera on Thursday?",
    "I can do it, but I need pictures, a short text, and somebody who knows the price.",
    "The price is not final. Marketing wants three hundred, and finance wants a little more.",
    "Of course they do. What did the people in the survey say?",
    "Most of them would pay three hundred. Above that, almost everybody walks away.",
    "So three hundred it is. Can we write that down, please, and stop talking about it?",
    "Done. The second point is the kitchen. Somebody keeps leaving dirty cups in the sink.",
    "That was me, sorry. My last meeting ran over, and I had to catch a train.",
    "No problem. Just put them into the machine when you are back.",
    "While we are here, I would like to thank Maria. She fixed the heating on Sunday, without being asked.",
    "Really? I thought that it had fixed itself. Thank you, Maria!",
    "It was nothing. It was cold, I was bored, and the manual was on the shelf.",
    "Last point. Our summer party: the garden, the river, or the roof?",
    "The roof is nice in the evening, because you can see the whole harbor from there.",
    "But if it rains, we all get wet. The garden has a tent, and there is room for music.",
    "Then let us take the garden. How many people should we invite?",
    "Forty, maybe fifty. Last year a third of them brought their children.",
    "All right. I will ask for a quote, and we decide next Monday. Anything else?",
    "No. Thank you, and have a good day.",
)


@dataclass(frozen=True)
class Recording:
    """`text` is what is said in it, `onsets` the seconds at which sound begins after a pause."""

    condition: str
    path: Path
    seconds: float
    text: str
    onsets: tuple[float, ...]


def record(folder: Path, *, seconds: float) -> Iterator[Recording]:
    """The conversation, repeated or cut at a turn to about `seconds`, once in each condition."""
    for condition, (pauses_within_turns, degrade) in CONDITIONS.items():
        text, clean = _conversation(seconds, pauses_within_turns=pauses_within_turns)
        degraded = degrade(clean)
        path = folder / f"{condition}.wav"
        wav.write((degraded * (0.8 / np.abs(degraded).max())).astype(np.float32), SAMPLE_RATE, path)
        onsets = tuple(onset_errors.onsets(clean, SAMPLE_RATE))
        yield Recording(condition, path, len(clean) / SAMPLE_RATE, text, onsets)


def _conversation(seconds: float, *, pauses_within_turns: bool) -> tuple[str, Samples]:
    random = np.random.default_rng(14)
    texts: list[str] = []
    parts: list[Samples] = []
    for text, voice in _turns():
        if sum(map(len, parts)) > seconds * SAMPLE_RATE:
            break
        texts.append(text)
        parts += [voice(pauses_within_turns), _silence(random.uniform(0.3, 1.2))]
    return " ".join(texts), np.concatenate(parts)


def _turns() -> Iterator[tuple[str, Callable[[bool], Samples]]]:
    """Each text with what speaks it; a human turn after every five synthetic ones."""
    clips = cycle(line.split(" ", 1) for line in (LIBRIVOX / "transcription.txt").read_text().splitlines())
    for number, (text, pitch) in enumerate(zip(cycle(_TURNS), cycle(_PITCHES), strict=False)):
        yield text, lambda pauses, text=text, pitch=pitch: _synthesize(text, pitch, pauses_within=pauses)
        if number % 5 == 4:
            clip, words = next(clips)
            yield words, lambda _, clip=clip: np.concatenate([*pcm_chunks(LIBRIVOX / f"{clip}.flac")])


def _synthesize(text: str, pitch: float, *, pauses_within: bool) -> Samples:
    utterance = hibari.speak(text_normalization.tokenize(text, "en"), VoiceChoice(hibari.known_voices()[0], "en"))
    samples = utterance.samples
    if pauses_within:
        cuts = [round(word.end * utterance.rate) for word in utterance.words[3:-1:5]]
        pieces = np.split(samples, cuts)
        silence = np.zeros(int(0.7 * utterance.rate), np.float32)
        samples = np.concatenate([part for piece in pieces for part in (piece, silence)][:-1])
    return np.asarray(signal.resample(samples, round(len(samples) * SAMPLE_RATE / utterance.rate / pitch)), np.float32)


def _silence(seconds: float) -> Samples:
    return np.zeros(int(seconds * SAMPLE_RATE), np.float32)


# ── conditions ───────────────────────────────────────────────────────────────────────────────────────────


def _telephone(clean: Samples) -> Samples:
    """300 to 3,400 Hz with 8 bits of mu-law, and line noise."""
    band = signal.sosfilt(signal.butter(6, (300, 3400), "bandpass", fs=SAMPLE_RATE, output="sos"), clean)
    band /= np.abs(band).max()
    levels = np.round(np.sign(band) * np.log1p(255 * np.abs(band)) / np.log(256) * 127) / 127
    coded = np.sign(levels) * np.expm1(np.abs(levels) * np.log(256)) / 255
    return _mixed(coded, _noise(len(clean)), decibels=35)


def _meeting(clean: Samples) -> Samples:
    """A reverberant room, with distant voices and a fan."""
    random = np.random.default_rng(3)
    decay = np.exp(-np.arange(int(0.3 * SAMPLE_RATE)) / (0.06 * SAMPLE_RATE))
    room = random.normal(size=len(decay)) * decay * 0.08
    room[0] = 1.0
    wet = signal.fftconvolve(clean, room)[: len(clean)]
    babble = sum((np.roll(clean[::-1], shift * SAMPLE_RATE) for shift in (7, 13, 29)), np.zeros_like(clean))
    return _mixed(_mixed(wet, babble, decibels=18), _noise(len(clean)), decibels=20)


def _music(clean: Samples) -> Samples:
    """Chords of a pad, four to the bar, below the voices."""
    seconds = np.arange(len(clean)) / SAMPLE_RATE
    chords = np.array([(220, 261.6, 329.6), (174.6, 220, 261.6), (130.8, 164.8, 196), (196, 246.9, 293.7)])
    tones = chords[(seconds // 2).astype(int) % len(chords)]
    pad = sum(np.sin(2 * np.pi * tones * seconds[:, None] * overtone) / overtone for overtone in (1, 2, 3)).sum(axis=1)
    return _mixed(clean, pad * (1 - seconds % 0.5), decibels=15)


def _noise(length: int) -> Samples:
    """Noise of a fan: brown above 30 Hz."""
    brown = np.cumsum(np.random.default_rng(5).normal(size=length))
    return np.asarray(signal.sosfilt(signal.butter(2, 30, "highpass", fs=SAMPLE_RATE, output="sos"), brown))


def _mixed(voice: Samples, other: Samples, *, decibels: float) -> Samples:
    """Both together, with the voice louder by `decibels`."""
    return voice + other * (voice.std() / other.std() * 10 ** (-decibels / 20))


# Each condition says whether speakers hesitate within their turns, and what happens to the sound.
CONDITIONS: Final[dict[str, tuple[bool, Callable[[Samples], Samples]]]] = {
    "clean": (False, lambda clean: clean),
    "telephone": (False, _telephone),
    "interruptions": (True, lambda clean: clean),
    "meeting noise": (False, _meeting),
    "music": (False, _music),
}
