"""Simplified and traditional Chinese characters."""

import pytest

from content_pipeline.core.media.timed_words import Word, join_words
from content_pipeline.core.speech.recognition.chinese_script import USUAL, convert, demanded_script
from tests.core.media.spoken_words import speak

SIMPLIFIED = "我们发现他的头发干净了，软件里面的后台也很干净。"


@pytest.mark.parametrize(
    ("tag", "subtag"),
    [
        ("zh-TW", "Hant"),
        ("zh_tw", "Hant"),
        ("zh-Hant", "Hant"),
        ("zh-Hant-HK", "HK"),
        ("cmn-Hans-CN", "Hans"),
        ("zh-CN", "Hans"),
        ("zh-SG", "Hans"),
        ("zh-Hans-HK", "Hans"),
        ("yue-HK", "HK"),
    ],
)
def test_script_or_region_demand_the_characters(tag: str, subtag: str) -> None:
    script = demanded_script(tag)
    assert script is not None
    assert script.subtag == subtag


@pytest.mark.parametrize("tag", ["zh", "auto", "en-HK", "ja", "ko-Hant"])
def test_other_tags_demand_none(tag: str) -> None:
    assert demanded_script(tag) is None


@pytest.mark.parametrize(
    ("tag", "written"),
    [
        ("zh-TW", "我們發現他的頭髮乾淨了，軟件裡面的後臺也很乾淨。"),
        ("zh-HK", "我們發現他的頭髮乾淨了，軟件裏面的後台也很乾淨。"),
        ("zh-CN", SIMPLIFIED),
    ],
)
def test_a_character_is_chosen_by_its_neighbors_and_keeps_its_time(tag: str, written: str) -> None:
    script = demanded_script(tag)
    assert script is not None
    words = speak(SIMPLIFIED, language="zh")
    converted = convert(words, script)
    assert join_words(converted) == written
    assert [(word.start, word.end, word.spaced) for word in converted] == [
        (word.start, word.end, word.spaced) for word in words
    ]


def test_traditional_becomes_simplified_and_latin_stays() -> None:
    script = demanded_script("zh-Hans")
    assert script is not None
    words = [Word(0, 1, "軟"), Word(1, 2, "件", False), Word(2, 3, "API"), Word(3, 4, "🎉")]
    assert join_words(convert(words, script)) == "软件 API 🎉"
    assert convert([], script) == ()


@pytest.mark.parametrize(
    ("language", "heard", "written"),
    [
        ("zh", "廣州市房地产中介协会还表示，", "广州市房地产中介协会还表示，"),
        ("zh", "廣州市房地產仲介協會表示", "广州市房地产仲介协会表示"),
        ("zh", "皇后在乾坤宫，台灣著名", "皇后在乾坤宫，台湾著名"),
        ("zh", "看著顯著的原著，換著喝著名的", "看着显著的原著，换着喝著名的"),
        ("yue", "廣州市房地产", "廣州市房地產"),
    ],
)
def test_where_no_script_is_demanded_a_language_has_a_usual_one(language: str, heard: str, written: str) -> None:
    assert join_words(convert(speak(heard, language="zh"), USUAL[language])) == written
