"""eSpeak voices: speech and token timings."""

import subprocess
import sys
import threading
from itertools import pairwise

import numpy as np
import pytest

from content_pipeline.core.errors import Unavailable
from content_pipeline.core.speech import espeak
from content_pipeline.core.speech.text_normalization import Token, tokenize
from content_pipeline.core.speech.voice_types import Utterance, Voice, VoiceChoice
from tests.core.speech.onset_errors import errors
from tests.core.speech.scripts import SCRIPTS
from tests.programs import need

SPANISH = "¡Hola a todos! El precio es $1.299 en 2026. ¿Y sabes qué? De la casa a la tienda hay 5 km."
RUSSIAN = "Хватит листать. Сегодня я расскажу, как я вырастил свой бизнес за три месяца."


@pytest.fixture(autouse=True)
def library() -> None:
    need("espeak-ng")


def _speak(script: str, language: str, speed: float = 1.0) -> tuple[list[Token], Utterance]:
    voice = next(voice for voice in espeak.voices() if voice.language.partition("-")[0] == language)
    pieces = [token for token in tokenize(script, language) if token.spoken]
    return pieces, espeak.speak(pieces, VoiceChoice(voice, language, speed))


@pytest.mark.parametrize(("script", "language"), [(SPANISH, "es"), (RUSSIAN, "ru")])
def test_every_token_has_its_time_in_the_sound(script: str, language: str) -> None:
    pieces, utterance = _speak(script, language)
    assert [word.text for word in utterance.words] == [token.text for token in pieces]
    assert all(word.start < word.end for word in utterance.words)
    assert all(one.end <= other.start + 1e-9 for one, other in pairwise(utterance.words))
    assert utterance.words[-1].end <= len(utterance.samples) / utterance.rate
    assert 0.1 < np.abs(utterance.samples).max() <= 1


def test_a_word_ends_where_the_pause_after_it_begins() -> None:
    _, utterance = _speak("Hola a todos. Vamos a ver.", "es")
    assert utterance.words[3].start - utterance.words[2].end > 0.25


def test_a_price_takes_the_time_of_all_its_words() -> None:
    _, utterance = _speak(SPANISH, "es")
    price = next(word for word in utterance.words if "1.299" in word.text)
    assert price.end - price.start > 1.5  # mil doscientos noventa y nueve dólares


@pytest.mark.parametrize("speed", [0.7, 1.0, 1.4])
def test_words_begin_where_the_sound_sets_in_at_every_speed(speed: float) -> None:
    found = [error for script in SCRIPTS for error in _errors(script, speed)]
    assert len(found) > 10  # a fast voice pauses less
    assert np.median(found) <= 0.04
    assert np.quantile(found, 0.95) <= 0.12


def _errors(script: str, speed: float) -> list[float]:
    _, utterance = _speak(script, "en", speed)
    return errors(utterance.words, utterance.samples, utterance.rate)


def test_the_speed_of_one_sentence_is_not_that_of_the_next() -> None:
    slow, usual, fast = (len(_speak(SPANISH, "es", speed)[1].samples) for speed in (0.7, 1.0, 1.4))
    assert slow / usual == pytest.approx(1 / 0.7, rel=0.15)
    assert fast / usual == pytest.approx(1 / 1.4, rel=0.15)
    assert len(_speak(SPANISH, "es")[1].samples) == pytest.approx(usual, rel=0.01)


def test_what_it_says_in_one_breath_is_shared_by_its_tokens() -> None:
    """The library pronounces "of the" as one word and reports one event."""
    _, utterance = _speak("The end of the day.", "en")
    assert all(word.end - word.start > 0.02 for word in utterance.words)


def test_there_is_one_voice_for_each_language_and_country_and_the_usual_one_comes_first() -> None:
    tags = [voice.language for voice in espeak.voices()]
    assert len(tags) == len(set(tags)) > 60
    assert [tag for tag in tags if tag.startswith("fr")] == ["fr-FR", "fr-BE", "fr-CH"]
    assert [tag for tag in tags if tag.startswith("pt")] == ["pt", "pt-BR"]
    assert [tag for tag in tags if tag.startswith("zh")] == ["zh"]


def test_languages_that_it_cannot_read_or_that_nobody_speaks_are_left_out() -> None:
    assert {voice.language for voice in espeak.voices()}.isdisjoint({"ja", "jbo", "qya", "ia", "ca-VA", "fa-LATN"})


def test_threads_take_turns() -> None:
    alone = {script: _speak(script, "en")[1] for script in SCRIPTS}
    together: dict[str, Utterance] = {}
    threads = [
        threading.Thread(target=lambda script=script: together.update({script: _speak(script, "en")[1]}))
        for script in SCRIPTS
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for script in SCRIPTS:
        pairs = zip(together[script].words, alone[script].words, strict=True)
        # Synthesis is not deterministic: lengths vary by some samples.
        assert all(one.text == other.text and abs(one.start - other.start) < 0.02 for one, other in pairs)


def test_a_voice_that_is_not_there_is_named() -> None:
    klingon = Voice("espeak-tlh", "Klingon", "tlh", None, "espeak")
    with pytest.raises(Unavailable) as raised:
        espeak.speak([Token("Qapla'", "Qapla'", spaced=False)], VoiceChoice(klingon, "tlh"))
    assert raised.value.code == "voice_missing"
    assert "espeak-tlh" in raised.value.detail


FIRST_USE_BY_MANY_THREADS = """
import threading
from content_pipeline.core.speech import espeak

together = threading.Barrier(16)

def use():
    together.wait()
    assert espeak.voices()

threads = [threading.Thread(target=use) for _ in range(16)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


@pytest.mark.slow
def test_many_threads_may_be_the_first_to_use_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FIRST_USE_BY_MANY_THREADS], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
