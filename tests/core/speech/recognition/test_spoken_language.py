"""The language that is heard."""

from pathlib import Path

import numpy as np
import pytest

from content_pipeline.core.errors import Invalid
from content_pipeline.core.media import wav
from content_pipeline.core.media.audio_decoding import SAMPLE_RATE, Samples, pcm_chunks
from content_pipeline.core.speech.recognition import code_switching, spoken_language, transcription
from content_pipeline.core.speech.recognition.spoken_language import SpokenLanguage, identify
from tests.core.speech.recognition.english_only_model import know_only_english
from tests.media import samples


class Model:
    """Answers with one distribution of probabilities for each window."""

    def __init__(self, *distributions: dict[str, float]) -> None:
        self.windows: list[Samples] = []
        self._distributions = distributions

    def detect_language(self, window: Samples) -> tuple[str, float, list[tuple[str, float]]]:
        self.windows.append(window)
        found = list(self._distributions[len(self.windows) - 1].items())
        return *max(found, key=lambda pair: pair[1]), found


@pytest.fixture(scope="module")
def reading() -> Samples:
    """Speech of 24.7 s."""
    return np.concatenate([chunk for clip in samples.CLIPS for chunk in pcm_chunks(clip)])


@pytest.mark.slow
def test_the_languages_of_four_windows_are_weighed(reading: Samples) -> None:
    model = Model({"en": 0.9, "de": 0.1}, *[{"de": 0.8, "en": 0.2}] * 3)
    assert identify(model, np.tile(reading, 9)) == SpokenLanguage("de", 0.625)
    assert [len(window) for window in model.windows] == [30 * SAMPLE_RATE] * 4


@pytest.mark.slow
@pytest.mark.parametrize(
    ("probabilities", "language"),
    [
        ({"nn": 0.3, "cy": 0.25, "en": 0.2}, SpokenLanguage("en", 0.2)),
        ({"nn": 0.49, "cy": 0.4}, SpokenLanguage("en", 0.0)),
        ({"cy": 0.5, "en": 0.45}, SpokenLanguage("cy", 0.5)),
    ],
)
def test_it_is_english_where_no_language_is_probable(reading, probabilities, language: SpokenLanguage) -> None:
    assert identify(Model(probabilities), reading) == language


def test_where_nobody_speaks_no_model_is_asked() -> None:
    noise = np.random.default_rng(1).normal(scale=0.1, size=20 * SAMPLE_RATE).astype(np.float32)
    model = Model()
    assert identify(model, noise) is None
    assert identify(model, np.zeros(SAMPLE_RATE, np.float32)) is None
    assert model.windows == []


@pytest.mark.slow
def test_german_is_heard_as_german_also_after_a_greeting_in_english(tmp_path: Path) -> None:
    parts = [chunk for clip in (samples.CLIPS[1], samples.GERMAN) for chunk in pcm_chunks(clip)]
    wav.write(np.concatenate(parts), SAMPLE_RATE, tmp_path / "a.wav")
    heard = transcription.transcribe(tmp_path / "a.wav", language=None, threads=2, on_progress=lambda _: None)
    assert heard.language == "de"
    assert heard.language_probability is not None
    assert 0.5 < heard.language_probability <= 1
    # Processors round differently, so not all of a voice that no person is has to be right.
    words = {word.text.strip(",.") for word in heard.words}
    assert len({"Monat", "Kunden", "Nachfrage", "Preise", "Rohstoffe"} & words) >= 3


@pytest.mark.slow
def test_german_is_translated_into_english_as_it_is_heard() -> None:
    heard = transcription.transcribe(
        samples.GERMAN, language=None, threads=2, on_progress=lambda _: None, into_english=True
    )
    words = {word.text.lower().strip(".,") for word in heard.words}
    assert heard.language == "de"
    assert len({"month", "customers", "germany", "demand", "prices", "materials", "high"} & words) >= 4
    assert not {"und", "die", "der", "kunden"} & words
    starts = [word.start for word in heard.words]
    assert starts == sorted(starts)
    assert starts[0] < 1.0
    assert heard.words[-1].end <= heard.seconds


@pytest.fixture
def english_only(monkeypatch: pytest.MonkeyPatch) -> None:
    know_only_english(monkeypatch)


@pytest.mark.slow
@pytest.mark.usefixtures("english_only")
@pytest.mark.parametrize("language", [None, "auto", "en-GB"])
def test_to_a_model_for_english_alone_everything_is_english(language: str | None) -> None:
    heard = transcription.transcribe(samples.SPEECH, language=language, threads=2, on_progress=lambda _: None)
    assert (heard.language, heard.language_probability) == ("en", None)
    assert "Dashwood" in {word.text.strip(",.") for word in heard.words}
    assert {word.language for word in heard.words} == {None}


@pytest.mark.slow
@pytest.mark.usefixtures("english_only")
def test_a_model_for_english_alone_hears_no_language_where_nobody_speaks(tmp_path: Path) -> None:
    silence = samples.audio(tmp_path / "a.wav", "anullsrc=d={seconds}")
    heard = transcription.transcribe(silence, language=None, threads=2, on_progress=lambda _: None)
    assert (heard.language, heard.words) == (None, ())


@pytest.mark.slow
@pytest.mark.usefixtures("english_only")
@pytest.mark.parametrize(
    ("language", "into_english", "code"),
    [
        ("de", False, "language_unavailable"),
        ("zh-TW", False, "language_unavailable"),
        ("de", True, "translation_unavailable"),
    ],
)
def test_a_model_for_english_alone_hears_and_translates_no_other_language(
    language: str, into_english: bool, code: str
) -> None:
    """Its name did not say so; else the request would have been refused."""
    with pytest.raises(Invalid) as raised:
        transcription.transcribe(
            samples.GERMAN, language=language, threads=2, on_progress=lambda _: None, into_english=into_english
        )
    assert raised.value.code == code
    assert "CONTENT_PIPELINE_WHISPER_MODEL" in raised.value.remedy


@pytest.mark.slow
def test_a_language_for_which_the_model_has_no_token_is_refused() -> None:
    """The base model wrote "HiHiHi" for eight seconds."""
    with pytest.raises(Invalid) as raised:
        transcription.transcribe(samples.MANDARIN, language="yue-HK", threads=2, on_progress=lambda _: None)
    assert raised.value.code == "language_unavailable"


@pytest.mark.slow
def test_a_language_that_is_given_is_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(spoken_language, "identify")
    monkeypatch.delattr(code_switching, "stretches")
    heard = transcription.transcribe(samples.MANDARIN, language="zh-TW", threads=2, on_progress=lambda _: None)
    assert (heard.language, heard.language_probability) == ("zh-Hant", None)
    assert heard.words
