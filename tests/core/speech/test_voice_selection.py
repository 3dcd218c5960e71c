"""Selection of a voice for a script."""

import subprocess
import sys

import pytest

from content_pipeline.core.errors import Invalid
from content_pipeline.core.settings import settings
from content_pipeline.core.speech import hibari, kokoro, pico
from content_pipeline.core.speech.voice_selection import check_pronunciation, choose_voice, installed_voices
from tests.programs import need

ENGLISH = "Here is what nobody tells you about growing an audience."
SPANISH = "Hoy te cuento cómo hice crecer mi negocio en tres meses."
JAPANESE = "今日は新しいカメラを紹介します。"


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    """A TTS endpoint with a multilingual, a British English and a Mexican Spanish voice."""
    monkeypatch.setattr(settings(), "speech_url", "http://127.0.0.1:1/v1")
    monkeypatch.setattr(settings(), "speech_voices", ["nova", "Emma:en-GB", "lupita:es-MX"])


def _code(voice_id: str | None, script: str) -> str:
    with pytest.raises(Invalid) as raised:
        choose_voice(voice_id, script)
    assert raised.value.remedy
    return raised.value.code


@pytest.mark.parametrize("voice_id", [None, "", "en", "en_US", "en-US-Neural2-C", "en-US-JennyNeural", "hibari-heart"])
def test_english_is_spoken_by_the_voice_that_comes_along(voice_id: str | None) -> None:
    choice = choose_voice(voice_id, ENGLISH)
    assert (choice.voice.id, choice.language) == ("hibari-heart", "en")


@pytest.mark.parametrize("voice_id", ["es-ES-Standard-A", "cmn-CN-Wavenet-A", "pt_BR", "zh-Hant-TW", "de"])
def test_a_script_in_another_language_than_the_voice_is_spoken_by_one_that_can(voice_id: str) -> None:
    assert choose_voice(voice_id, ENGLISH).voice.id == "hibari-heart"


def test_a_voice_that_is_known_but_not_here_is_replaced_by_the_nearest(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    monkeypatch.setenv("HIBARI_HOME", str(tmp_path))
    assert "hibari-emma" not in [voice.id for voice in installed_voices()]
    assert choose_voice("hibari-emma", ENGLISH).voice.id == "hibari-heart"


@pytest.mark.parametrize("voice_id", ["en-US-Neural2-A", "en-us-wavenet-d", "en-GB-Standard-B", "vits-joe", "VITS-Joe"])
def test_a_man_is_spoken_by_the_voice_of_a_man(voice_id: str) -> None:
    assert choose_voice(voice_id, ENGLISH).voice.id == "vits-joe"


@pytest.mark.parametrize("voice_id", ["en-US-Neural2-F", "en-GB-Wavenet-A", "en-AU-Standard-C", "en-US-GuyNeural"])
def test_a_woman_and_an_unknown_voice_are_spoken_by_the_voice_of_a_woman(voice_id: str) -> None:
    assert choose_voice(voice_id, ENGLISH).voice.id == "hibari-heart"


def test_a_man_who_is_not_here_is_replaced_by_another(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setenv("HIBARI_HOME", str(tmp_path))
    away = next(voice for voice in hibari.known_voices() if voice.gender == "male")
    assert choose_voice(away.id, ENGLISH).voice.id == "vits-joe"


@pytest.mark.parametrize("voice_id", [None, "es", "es-MX-DaliaNeural", "hibari-heart", "pico-es", "pico-de"])
def test_spanish_is_spoken_by_pico_rather_than_by_a_robot(
    voice_id: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pico, "voices", lambda: pico.KNOWN_VOICES)
    assert choose_voice(voice_id, SPANISH).voice.id == "pico-es"


def test_what_the_operator_has_set_up_comes_first(endpoint: None) -> None:
    assert [voice.id for voice in installed_voices()][:5] == [
        "nova",
        "Emma",
        "lupita",
        "hibari-heart",
        "vits-joe",
    ]
    assert choose_voice(None, ENGLISH).voice.id == "nova"


@pytest.mark.parametrize(
    ("voice_id", "script", "speaks"),
    [
        ("emma", ENGLISH, "Emma"),
        ("en-GB-Wavenet-B", ENGLISH, "Emma"),
        ("en-US-Neural2-C", ENGLISH, "hibari-heart"),
        ("en-US-Neural2-D", ENGLISH, "vits-joe"),
        ("en-AU-Neural2-A", ENGLISH, "nova"),
        ("es-MX-DaliaNeural", SPANISH, "lupita"),
        ("Emma", SPANISH, "nova"),
        ("nova", JAPANESE, "nova"),
    ],
)
def test_the_nearest_voice_is_of_the_country_that_was_asked_for(
    endpoint: None, voice_id: str, script: str, speaks: str
) -> None:
    assert choose_voice(voice_id, script).voice.id == speaks


def test_a_robot_speaks_english_only_when_it_is_asked_to(monkeypatch: pytest.MonkeyPatch) -> None:
    need("espeak-ng")
    monkeypatch.setattr(pico, "voices", tuple)
    assert choose_voice("en-GB", ENGLISH).voice.id == "hibari-heart"
    assert choose_voice("espeak-en-GB", ENGLISH).voice.id == "espeak-en-GB"
    assert choose_voice("en-GB-Wavenet-B", SPANISH).voice.id == "espeak-es"
    assert choose_voice("es-419", SPANISH).voice.id == "espeak-es-419"
    assert choose_voice("espeak-es", ENGLISH).voice.id == "hibari-heart"


@pytest.mark.parametrize("voice_id", ["alloy", "ash", "21m00Tcm4TlvDq8ikWAM", "my-voice", "🎤", "en-US-", "english"])
def test_a_name_that_nobody_knows_is_no_voice(voice_id: str) -> None:
    assert _code(voice_id, ENGLISH) == "unknown_voice"


@pytest.mark.parametrize("voice_id", ["xx", "tlh-US", "qq-QQ-Neural2-A", "iu-Cans-CA-SiqiniqNeural"])
def test_an_unknown_language_is_refused(voice_id: str) -> None:
    assert _code(voice_id, ENGLISH) == "unknown_language"


@pytest.mark.parametrize("voice_id", [None, "ja-JP-Neural2-B", "en"])
def test_a_language_that_no_voice_speaks_is_refused(voice_id: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kokoro, "voices", tuple)
    assert _code(voice_id, JAPANESE) == "language_unspoken"


@pytest.mark.parametrize(
    ("voice_id", "speaks"),
    [
        (None, "kokoro-alpha"),
        ("ja", "kokoro-alpha"),
        ("hibari-heart", "kokoro-alpha"),
        ("ja-JP-Neural2-B", "kokoro-alpha"),
        ("ja-JP-Wavenet-D", "kokoro-kumo"),
        ("vits-joe", "kokoro-kumo"),
        ("Kokoro-Kumo", "kokoro-kumo"),
    ],
)
def test_japanese_is_spoken_where_its_voices_are_installed(
    voice_id: str | None, speaks: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kokoro, "voices", lambda: kokoro.KNOWN_VOICES)
    assert choose_voice(voice_id, JAPANESE).voice.id == speaks
    assert choose_voice(voice_id, ENGLISH).voice.language == "en-US"


def test_a_character_that_no_voice_says_is_refused_by_name() -> None:
    with pytest.raises(Invalid, match=r"'寿' \(cjk unified ideograph-5bff\)") as raised:
        choose_voice("en", "We love our 寿司 very much")
    assert raised.value.code == "character_unspoken"


def test_a_voice_that_says_every_character_takes_the_place_of_one_that_does_not(endpoint: None) -> None:
    script = "We love our 寿司 very much"
    assert choose_voice("hibari-heart", script).voice.id == "nova"


@pytest.mark.parametrize("pronunciation", ["zin track so", "Jürgen", "l'été"])
def test_a_pronunciation_may_be_of_any_language_that_a_voice_speaks(pronunciation: str) -> None:
    check_pronunciation(pronunciation, hibari.known_voices())


def test_a_pronunciation_that_no_voice_can_say_is_refused(endpoint: None) -> None:
    with pytest.raises(Invalid, match=r"'б' \(cyrillic small letter be\) of the pronunciation 'бай'") as raised:
        check_pronunciation("бай", hibari.known_voices())
    assert (raised.value.code, raised.value.status) == ("character_unspoken", 400)
    check_pronunciation("бай", installed_voices())  # the endpoint's speaks all languages
    check_pronunciation("しののめ", [*hibari.known_voices(), *kokoro.KNOWN_VOICES])


@pytest.mark.parametrize("script", ["", " \n", "...", "🔥🔥", "— !?"])
def test_a_script_without_a_word_is_refused(script: str) -> None:
    assert _code("en", script) == "nothing_to_say"


def test_a_single_letter_is_enough() -> None:
    assert choose_voice("en-US", "A").voice.id == "hibari-heart"


@pytest.mark.slow
def test_choosing_loads_no_model_that_speaks_or_hears() -> None:
    """The API chooses a voice for each row of an upload."""
    code = """if True:
        import sys
        from content_pipeline.core.speech.voice_selection import choose_voice
        choose_voice("en", "Hello there.")
        print({"onnxruntime", "faster_whisper", "ctranslate2", "pocketsphinx", "pyopenjtalk"} & set(sys.modules))
    """
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
