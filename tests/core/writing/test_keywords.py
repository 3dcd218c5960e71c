"""Hashtags that have to be found in these scripts, and words that must not become any."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_pipeline.core.platforms.hashtags import tag
from content_pipeline.core.writing.keywords import keywords

ENGLISH = (
    "AI is transforming how creators work. Content creation used to take days. Now a script becomes a finished reel in "
    "minutes, with captions, voice and music. The creators who win are not the ones with the biggest budget."
)


def test_what_a_script_is_about_comes_first() -> None:
    assert keywords(ENGLISH, language="en")[:3] == ("Creators", "AI", "ContentCreation")


def test_words_of_the_title_come_before_others() -> None:
    assert keywords(ENGLISH, language="en", title="A bigger budget")[0] == "Budget"


@pytest.mark.parametrize(
    ("language", "script", "among"),
    [
        ("de", "Ihr braucht nur ein Handy und eine gute Idee. Die Untertitel macht das Programm von selbst.",
         {"Handy", "Idee", "Untertitel", "Programm"}),
        ("es", "El café pierde la mitad de su aroma en quince días. Muele justo antes tu café.", {"Café", "Aroma"}),
        ("fr", "Le pain a besoin de farine, d'eau, de sel et de temps.", {"Pain", "Farine", "Sel"}),
        ("ja", "AIはクリエイターの働き方を変えています。動画編集は数分です。", {"AI", "クリエイター", "動画編集"}),
        ("ko", "인공지능은 크리에이터의 작업 방식을 바꾸고 있습니다.", {"인공지능", "크리에이터"}),
        ("ru", "Монтаж видео занимает минуты, а не часы.", {"Монтаж"}),
        ("hi", "वीडियो संपादन अब मिनटों में हो जाता है।", {"वीडियो", "संपादन"}),
    ],
)  # fmt: skip
def test_other_languages_have_keywords_too(language: str, script: str, among: set[str]) -> None:
    assert among <= set(keywords(script, language=language))


def test_chinese_gives_none_rather_than_pieces_of_words() -> None:
    assert keywords("人工智能正在改变创作者的工作方式。", language="zh") == ()


def test_verb_forms_are_no_topics_but_nouns_that_look_like_them_are() -> None:
    script = "We surprised the family quickly, with a faster feed."
    assert set(keywords(script, language="en")) == {"Family", "Faster", "Feed"}


def test_addresses_numbers_and_times_are_no_topics() -> None:
    script = "Write to hello@example.com or https://example.com/bread before 6:30 PM, for $1,299. Find us as @creator."
    assert keywords(script, language="en") == ()


def test_capitals_all_over_are_not_names() -> None:
    assert keywords("THIS IS HOW WE BAKE BREAD WITH FLOUR", language="en") == ("Bread", "Flour")


@given(script=st.text(), language=st.sampled_from(["en", "de", "ja", "ko", "th", "xx"]))
def test_any_script_gives_hashtags_only_and_the_same_ones_again(script: str, language: str) -> None:
    found = keywords(script, language=language)
    assert all(tag(word) == word for word in found)
    assert len(found) <= 30
    assert keywords(script, language=language) == found
