"""Forced alignment of English with pocketsphinx, whose acoustic model and dictionary are in its wheel."""

import re
import threading
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from content_pipeline.core.infrastructure.process_memory import dropped_when_idle
from content_pipeline.core.media.timed_words import Span
from content_pipeline.core.speech import hibari
from content_pipeline.core.speech.text_normalization import Token

if TYPE_CHECKING:
    from pocketsphinx import Decoder
else:
    Decoder = Any

Pcm = NDArray[np.int16]

_FRAME_SECONDS = 0.01
# It places words this much before the energy onset (49 words after pauses: median error 40 ms with it).
_DELAY_SECONDS = 0.03

# It fails on digital silence: of 12 espeak texts it aligned 1, and all of them with this noise at -72 dB.
_NOISE = 8.0

_WORD = re.compile("[a-z]+(?:'[a-z]+)*'?", re.IGNORECASE)

# hibari's phonemes to ARPABET without stress, for words that are not in the dictionary.
_ARPABET = {
    "A": "EY", "I": "AY", "O": "OW", "Q": "OW", "W": "AW", "Y": "OY", "a": "AE", "e": "EH", "i": "IY", "o": "OW",
    "u": "UW", "æ": "AE", "ɐ": "AH", "ɑ": "AA", "ɒ": "AA", "ɔ": "AO", "ə": "AH", "ᵊ": "AH", "ɚ": "ER", "ɛ": "EH",
    "ɜ": "ER", "ɪ": "IH", "ᵻ": "IH", "ʊ": "UH", "ʌ": "AH", "b": "B", "d": "D", "f": "F", "h": "HH", "j": "Y",
    "k": "K", "l": "L", "m": "M", "n": "N", "p": "P", "s": "S", "t": "T", "T": "D", "v": "V", "w": "W", "z": "Z",
    "ð": "DH", "ŋ": "NG", "ɡ": "G", "ɹ": "R", "ɾ": "D", "ʃ": "SH", "ʒ": "ZH", "ʤ": "JH", "ʧ": "CH", "θ": "TH",
}  # fmt: skip

_decoder_lock = threading.Lock()


def align_tokens(pcm: Pcm, tokens: Sequence[Token]) -> list[Span | None] | None:
    """The span of each token in 16 kHz samples, None for a token without a word.

    Returns None where alignment fails, or pocketsphinx is not installed: it has no wheel for Python 3.12 on ARM.
    """
    try:
        decoder = load_decoder()
    except ImportError:
        return None
    words = _words(tokens)
    with _decoder_lock:
        found = _align(decoder, _add_noise(pcm), [word for _, word in words])
    if not words or len(found) != len(words):
        return None
    spans: list[Span | None] = [None] * len(tokens)
    for (owner, _), (start, end) in zip(words, found, strict=True):
        first_start, _ = spans[owner] or (start, end)
        spans[owner] = first_start, end
    return spans


def _words(tokens: Sequence[Token]) -> list[tuple[int, str]]:
    """The words to align, each with its token's index. Acronyms stay in upper case: "US" is not "us"."""
    return [
        (index, word if word.isupper() and len(word) > 1 else word.lower())
        for index, token in enumerate(tokens)
        for word in _WORD.findall(token.spoken)
    ]


def _add_noise(pcm: Pcm) -> Pcm:
    noise = np.random.default_rng(0).normal(0.0, _NOISE, len(pcm))
    return (pcm + noise).clip(-32768, 32767).astype(np.int16)


def _align(decoder: Decoder, pcm: Pcm, words: Sequence[str]) -> list[Span]:
    for word in set(words):
        if decoder.lookup_word(word) is None:
            decoder.add_word(word, _arpabet_pronunciation(word), False)
    decoder.set_align_text(" ".join(words))
    decoder.start_utt()
    decoder.process_raw(pcm.tobytes(), full_utt=True)
    decoder.end_utt()
    if decoder.hyp() is None:
        return []
    return [
        (part.start_frame * _FRAME_SECONDS + _DELAY_SECONDS, (part.end_frame + 1) * _FRAME_SECONDS + _DELAY_SECONDS)
        for part in decoder.seg()
        if _WORD.match(part.word)  # pauses are "<sil>"; "hundred(2)" is a pronunciation variant
    ]


def _arpabet_pronunciation(word: str) -> str:
    phonemes = hibari.load_model().g2p(word, normalize_text=False)
    return " ".join(_ARPABET[phoneme] for phoneme in phonemes if phoneme in _ARPABET)


@dropped_when_idle
@cache
def load_decoder() -> Decoder:
    """The decoder of this process (0.1 s, 40 MB). Raises ImportError."""
    from pocketsphinx import Decoder

    return Decoder(lm=None, loglevel="FATAL")
