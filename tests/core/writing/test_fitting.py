"""Fitting of arbitrary texts to each platform's rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_pipeline.core.platforms.registry import PLATFORMS
from content_pipeline.core.writing.fitting import fit
from content_pipeline.core.writing.post import PostText
from content_pipeline.core.writing.text_validation import characters, check

# Much of what is special here, and long enough to be cut, which plain `st.text` hardly ever is.
PIECES = st.sampled_from(
    ["#", "@", "##", "#AI ", "@me ", "<b>", "(x) ", "_", "\\", "e\u0301", "👨‍👩‍👧", "🇩🇪", "हिन्दी ", "日本語。",
     "สวัสดี", "word ", "End. ", "Dr. ", "…", "\n\n", "\r\n", "\0", "\u200d", "3.5 ", "supercalifragilistic" * 30]
)  # fmt: skip
TEXTS = st.one_of(st.text(), st.lists(PIECES | st.text(max_size=5), max_size=25).map("".join)).flatmap(
    lambda piece: st.integers(1, 300).map(lambda times: piece * times)
)
HASHTAGS = st.lists(
    st.text(max_size=20) | st.sampled_from(["AI", "ai", "#tag", "x" * 900]) | st.integers(0, 99).map("tag{}".format),
    max_size=50,
)
POSTS = st.builds(PostText, title=st.none() | TEXTS, text=TEXTS, hashtags=HASHTAGS.map(tuple))


@pytest.mark.slow
@pytest.mark.parametrize("platform", PLATFORMS)
@given(post=POSTS)
def test_whatever_was_fitted_breaks_no_rule(platform: str, post: PostText) -> None:
    assert check(platform, fit(platform, post)) == []


@pytest.mark.slow
@pytest.mark.parametrize("platform", PLATFORMS)
@given(post=POSTS)
def test_what_was_fitted_is_not_changed_again(platform: str, post: PostText) -> None:
    fitted = fit(platform, post)
    assert fit(platform, fitted) == fitted


def test_what_fits_stays_as_it_is() -> None:
    post = PostText("Bread", "Flour, water, salt.\n\nAnd time.", ("Bread", "Baking"))
    assert fit("youtube", post) == post


@pytest.mark.parametrize("platform", PLATFORMS)
def test_text_is_shortened_before_hashtags_are(platform: str) -> None:
    post = fit(platform, PostText(None, "One sentence. " * 500, ("Bread", "Baking")))
    assert post.hashtags == ("Bread", "Baking")
    assert post.text.endswith("One sentence.")
    # The room is used: not one more sentence goes in.
    assert characters(platform, post) + len(" One sentence.") > PLATFORMS[platform].text_rules.characters


def test_an_ending_is_kept_whole() -> None:
    post = fit("tiktok", PostText(None, "One sentence. " * 500, ("Bread",)), ending="@baker @miller")
    assert post.text.endswith("One sentence.\n\n@baker @miller")
    assert check("tiktok", post) == []


def test_a_hashtag_of_the_text_is_not_repeated() -> None:
    assert fit("instagram", PostText(None, "We bake #bread.", ("Bread", "Salt"))).hashtags == ("Salt",)


def test_surplus_hashtags_and_mentions_become_words() -> None:
    post = fit("instagram", PostText(None, "#a " * 40 + "@b " * 40 + "#@c @#d", ("Bread",)))
    assert (post.text.count("#a"), post.text.count("@b")) == (30, 20)
    assert post.hashtags == ()


def test_angle_brackets_stay_readable_on_youtube() -> None:
    post = fit("youtube", PostText("1 < 2", "a -> b", ()))
    assert (post.title, post.text) == ("1 ‹ 2", "a -› b")


def test_a_title_is_the_beginning_of_the_text_where_none_is_given() -> None:
    post = fit("youtube", PostText(None, "The sea covers 71% of our planet. " * 5, ()))
    assert post.title == "The sea covers 71% of our planet. The sea covers 71% of our planet."
