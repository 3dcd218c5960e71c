"""Composing by rules: layout, for each platform and style."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_pipeline.core.platforms.registry import PLATFORMS
from content_pipeline.core.platforms.text import CAPTION_STYLES, CaptionStyle
from content_pipeline.core.writing.fitting import fit
from content_pipeline.core.writing.post import Brief, Persona
from content_pipeline.core.writing.rule_based_composer import compose
from content_pipeline.core.writing.text_validation import check

HOOK = "AI is transforming how creators work."
BRIEF = Brief(
    script=f"Hey everyone, welcome back to the channel! {HOOK} Content creation used to take days. Now a script "
    f"becomes a finished reel in minutes, with captions, voice and music. The creators who win publish every day.",
    platform="instagram",
    style="long",
    language="en",
    persona=Persona("Tech Creator"),
    topics=("casual", "educational"),
)
CALLS = {
    "instagram": "Save this for later, and share it with someone who needs it.",
    "tiktok": "Follow for more.",
    "linkedin": "What is your experience? Tell me in the comments.",
    "youtube": "Subscribe for more videos like this one.",
}


def _blocks(platform: str, style: CaptionStyle = "long") -> list[str]:
    return compose(replace(BRIEF, platform=platform, style=style)).text.split("\n\n")


def test_instagram_begins_with_a_hook_and_ends_with_a_call() -> None:
    hook, body, call = _blocks("instagram")
    assert hook == HOOK
    assert body.startswith("Content creation used to take days. Now")
    assert call == CALLS["instagram"]


def test_tiktok_has_lines_and_no_blank_ones() -> None:
    post = compose(replace(BRIEF, platform="tiktok"))
    assert "\n\n" not in post.text
    assert post.text.split("\n")[::2] == [HOOK, CALLS["tiktok"]]


def test_linkedin_has_paragraphs_of_two_sentences_and_few_hashtags() -> None:
    blocks = _blocks("linkedin")
    assert [block.count(".") for block in blocks[:-1]] == [1, 2, 1]
    for style in CAPTION_STYLES:
        assert len(compose(replace(BRIEF, platform="linkedin", style=style)).hashtags) <= 5


def test_youtube_has_the_hook_as_its_title_and_again_in_the_description() -> None:
    post = compose(replace(BRIEF, platform="youtube"))
    assert post.title == HOOK.removesuffix(".")
    assert post.text.startswith(HOOK)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_short_is_what_a_feed_shows_before_more(platform: str) -> None:
    post = compose(replace(BRIEF, platform=platform, style="short"))
    assert len(post.text) <= 150
    assert "Content creation used to take days." in post.text
    assert len(post.hashtags) == 3


@pytest.mark.parametrize("platform", PLATFORMS)
def test_plain_has_all_of_the_script_and_nothing_else(platform: str) -> None:
    post = compose(replace(BRIEF, platform=platform, style="plain"))
    assert post.text.endswith("publish every day.")
    assert post.hashtags == ()


@pytest.mark.parametrize("platform", ["instagram", "tiktok"])
def test_hashtag_heavy_has_more_hashtags_than_the_others(platform: str) -> None:
    counts = {style: len(compose(replace(BRIEF, platform=platform, style=style)).hashtags) for style in CAPTION_STYLES}
    assert max(counts, key=counts.__getitem__) == "hashtag-heavy"


def test_hashtags_are_the_twins_own_then_the_scripts_then_its_topics() -> None:
    hashtags = compose(replace(BRIEF, style="hashtag-heavy", hashtags=("#TechCreator",))).hashtags
    assert hashtags[:2] == ("TechCreator", "Creators")
    assert hashtags[-2:] == ("Casual", "Educational")


def test_the_twins_own_hashtags_are_in_plain_posts_too() -> None:
    assert compose(replace(BRIEF, style="plain", hashtags=("ad", "TechCreator"))).hashtags == ("ad", "TechCreator")


def test_a_title_is_the_hook() -> None:
    post = compose(replace(BRIEF, title="How AI changes creation"))
    assert post.text.split("\n\n")[:2] == [
        "How AI changes creation",
        f"{HOOK} Content creation used to take days. Now a script becomes a finished reel in minutes, with captions, "
        f"voice and music.",
    ]


def test_a_title_that_is_the_first_sentence_is_not_said_twice() -> None:
    assert compose(replace(BRIEF, title="AI is transforming how creators work")).text.count("transforming") == 1


@pytest.mark.parametrize("end", ["What else is down there?", "Try it for one week.", "Tell me in the comments!"])
def test_a_script_that_asks_for_something_gets_no_second_call(end: str) -> None:
    assert compose(replace(BRIEF, script=f"{HOOK} {end}")).text.endswith(end)


def test_calls_are_in_the_scripts_language_or_not_there() -> None:
    german = replace(BRIEF, script="Brot braucht Mehl und Zeit. Mehr nicht.", language="de")
    assert compose(german).text.endswith("teile es mit jemandem, der es braucht.")
    japanese = replace(BRIEF, script="パンには時間が必要です。それだけです。", language="ja")
    assert compose(japanese).text == "パンには時間が必要です。\n\nそれだけです。"


def test_sentences_without_blanks_between_them_stay_so() -> None:
    japanese = replace(BRIEF, script="一つ目です。二つ目です。三つ目です。", language="ja", style="plain")
    assert compose(japanese).text == "一つ目です。\n\n二つ目です。三つ目です。"


@given(
    script=st.text(min_size=1).filter(lambda script: script.split()),
    platform=st.sampled_from(list(PLATFORMS)),
    style=st.sampled_from(CAPTION_STYLES),
    language=st.sampled_from(["en", "de", "ja", "xx"]),
)
def test_any_script_makes_a_post_within_the_rules_and_the_same_again(
    script: str, platform: str, style: CaptionStyle, language: str
) -> None:
    brief = replace(BRIEF, script=script, platform=platform, style=style, language=language)
    post = fit(platform, compose(brief))
    assert check(platform, post) == []
    assert fit(platform, compose(brief)) == post
