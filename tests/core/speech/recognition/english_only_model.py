"""The base model as if it were one for English alone, of which there is none in the wheels."""

from typing import Any

import pytest

from content_pipeline.core.media.audio_decoding import Samples
from content_pipeline.core.speech.recognition import transcription


class _EnglishOnly:
    """A model of CTranslate2 that is not multilingual; asked for the language, it raises what those raise."""

    is_multilingual = False

    def __init__(self, model: Any) -> None:
        self._model = model

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def detect_language(self, _: object) -> None:
        raise RuntimeError("detect_language can only be called on multilingual models")


def know_only_english(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the model of this process answer as one for English alone does. It is itself only while it transcribes in
    that language: its tokens are other ones."""
    model = transcription.load_model(2)
    multilingual, listen = model.model, model.transcribe

    def transcribe(samples: Samples, *, language: str, task: str, **options: Any) -> Any:
        assert (language, task) == ("en", "transcribe")
        with monkeypatch.context() as patch:
            patch.setattr(model, "model", multilingual)
            segments, info = listen(samples, language=language, task=task, **options)
            return list(segments), info

    monkeypatch.setattr(model, "model", _EnglishOnly(multilingual))
    monkeypatch.setattr(model, "transcribe", transcribe)
