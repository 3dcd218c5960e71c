"""TTS engine hibari: the bundled English voice, an ONNX model that yields phoneme timings.

The model's graph computes phoneme end times but does not output them; an added graph output exposes them. Everything
else here uses the package's public API.
"""

import threading
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from content_pipeline.core.errors import Unavailable
from content_pipeline.core.infrastructure.process_memory import dropped_when_idle
from content_pipeline.core.speech import english_phonemes
from content_pipeline.core.speech.onnx_graphs import add_output
from content_pipeline.core.speech.text_normalization import Token
from content_pipeline.core.speech.timed_symbols import timings
from content_pipeline.core.speech.voice_types import Utterance, Voice, VoiceChoice

if TYPE_CHECKING:
    from hibari import Hibari
else:
    Hibari = Any

PREFIX = "hibari-"

# Internal tensor of the graph: the end of each phoneme, in double frames of 25 ms.
_PHONEME_ENDS_TENSOR = b"/CumSum_output_0"
_DOUBLE_FRAME_SECONDS = 0.025
# The sound precedes the model's durations by this much (49 words after pauses: median error 17 ms with it), and by more
# the slower it is, for every unit of 1 / speed: without it the median error was 46 ms at 0.7.
_LEAD_SECONDS = 0.047
_LEAD_OF_SLOWNESS_SECONDS = 0.11

_load_lock = threading.Lock()


@cache
def known_voices() -> tuple[Voice, ...]:
    """The voices that the package has or can download."""
    package = _voices_module()
    names = sorted(package.VOICES, key=lambda name: bool(name != package.DEFAULT))
    return tuple(
        Voice(
            id=PREFIX + name,
            name=name.capitalize(),
            language=package.VOICES[name]["language"],
            gender=package.VOICES[name]["gender"],
            provider="hibari",
        )
        for name in names
    )


def voices() -> tuple[Voice, ...]:
    """The bundled voice, and those in the package's cache (`hibari --voice emma` downloads one)."""
    return tuple(voice for voice in known_voices() if _model_file(voice.id.removeprefix(PREFIX)))


def load_model(name: str = "heart") -> Hibari:
    """The model of this process, loaded once (0.4 s, 120 MB) and shared by its threads.

    Its session has an extra output, the phoneme ends, so use `speak`, not the package's own synthesis.
    Raises Unavailable `voice_missing`.
    """
    with _load_lock:
        return _load_cached(name)


@dropped_when_idle
@lru_cache(maxsize=2)
def _load_cached(name: str) -> Hibari:
    from hibari import Hibari  # the API imports this module too, and never needs the engine

    file = _model_file(name)
    if file is None:
        raise Unavailable(
            f"The voice {PREFIX}{name} is not on this machine.",
            code="voice_missing",
            remedy=f"Run `hibari --voice {name} hello -o hello.wav` there once, or choose another voice.",
            retryable=False,
        )
    # onnxruntime takes a model's bytes as well as its path.
    return Hibari(voice=name, model=add_output(file.read_bytes(), _PHONEME_ENDS_TENSOR), threads=1)


def _model_file(name: str) -> Path | None:
    try:
        return Path(_voices_module().voice_path(name, download_missing=False))
    except FileNotFoundError:
        return None


@cache
def _voices_module() -> ModuleType:
    """The package's list of voices, without the package: it imports its engine, 40 MB that the API never needs."""
    package = find_spec("hibari")
    assert package is not None
    assert package.origin is not None
    spec = spec_from_file_location("hibari_voices", Path(package.origin).with_name("voices.py"))
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def speak(tokens: Sequence[Token], choice: VoiceChoice) -> Utterance:
    """Synthesize an English sentence, with word timings from the model.

    Deterministic: the same tokens give the same samples. Raises as `load` does.
    """
    from hibari import SAMPLE_RATE, dsp

    model = load_model(choice.voice.id.removeprefix(PREFIX))
    symbols = [symbol for symbol in english_phonemes.phonemize(model.g2p, tokens) if symbol.text in model.vocab]
    ids = [0, *(model.vocab[symbol.text] for symbol in symbols), 0]  # padded with silence
    inputs = {"ids": np.array([ids], np.int64), "speed": np.array([choice.speed], np.float32)}
    *spectra, ends = model.sess.run(None, inputs)
    samples = dsp.synth(*(part[0] for part in spectra), np.random.default_rng(0))
    lead = _LEAD_SECONDS + _LEAD_OF_SLOWNESS_SECONDS * (1 / choice.speed - 1)
    spans = list(pairwise((ends * _DOUBLE_FRAME_SECONDS - lead).tolist()))[: len(symbols)]
    return Utterance(samples, SAMPLE_RATE, *timings(tokens, symbols, spans))
