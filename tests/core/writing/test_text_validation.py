"""The limits of each platform, at their edges."""

import pytest

from content_pipeline.core.writing.post import PostText
from content_pipeline.core.writing.text_validation import characters, check, rendered

FAMILY = "👨‍👩‍👧"  # five code points, eight UTF-16 units, eighteen bytes


def _codes(platform: str, title: str | None = None, text: str = "", hashtags: tuple[str, ...] = ()) -> list[str]:
    return [violation.code for violation in check(platform, PostText(title, text, hashtags))]


@pytest.mark.parametrize(
    ("platform", "title", "fits"),
    [
        ("instagram", None, "x" * 2200),
        ("instagram", None, "😀" * 2200),
        ("tiktok", None, "x" * 2200),
        ("tiktok", None, "😀" * 1100),
        ("linkedin", None, "x" * 3000),
        ("linkedin", None, "(" * 1500),
        ("linkedin", None, "#" + "x" * 2987),
        ("youtube", "Title", "x" * 5000),
        ("youtube", "Title", "é" * 2500),
        ("youtube", "x" * 100, "Text"),
    ],
)
def test_a_text_of_just_the_length_fits_and_one_more_does_not(platform: str, title: str | None, fits: str) -> None:
    assert _codes(platform, title, fits) == []
    if title and len(title) == 100:
        assert _codes(platform, title + "x", fits) == ["title_too_long"]
    else:
        assert _codes(platform, title, fits + "x") == ["text_too_long"]


def test_each_platform_counts_in_its_own_way() -> None:
    post = PostText(None, f"{FAMILY} (new)", ("AI",))
    assert characters("instagram", post) == 5 + 6 + 2 + 3
    assert characters("tiktok", post) == 8 + 6 + 2 + 3
    assert characters("linkedin", post) == 8 + 8 + 2 + len(r"{hashtag|\#|AI}")
    assert characters("youtube", post) == 18 + 6 + 2 + 3


def test_instagram_takes_30_hashtags_and_20_mentions_wherever_they_stand() -> None:
    tags = tuple(f"tag{number}" for number in range(29))
    assert _codes("instagram", text="#one " + "@me " * 20, hashtags=tags) == []
    assert _codes("instagram", text="#one #two", hashtags=tags) == ["too_many_hashtags"]
    assert _codes("instagram", text="@me " * 21) == ["too_many_mentions"]
    assert _codes("instagram", text="me@example.com " * 21) == []


def test_youtube_wants_a_title_and_no_angle_brackets() -> None:
    assert _codes("youtube", None, "Text") == ["title_missing"]
    assert _codes("youtube", " ", "Text") == ["title_missing"]
    assert _codes("youtube", "1 < 2", "a > b") == ["title_forbidden", "text_forbidden"]


@pytest.mark.parametrize("platform", ["instagram", "tiktok", "linkedin"])
def test_the_others_have_no_titles(platform: str) -> None:
    assert _codes(platform, "Title", "Text") == ["title_unknown"]


@pytest.mark.parametrize("bad", ["", "#AI", "two words", "2026", "a-b", "a.b", "…"])
def test_what_ends_a_hashtag_is_not_in_one(bad: str) -> None:
    assert _codes("tiktok", hashtags=("AI", bad)) == ["hashtag_invalid"]


def test_a_violation_says_how_much_there_is_and_how_much_may_be() -> None:
    assert check("tiktok", PostText(None, "x" * 2345, ()))[0].detail == (
        "Text and hashtags take 2,345 of 2,200 characters."
    )


def test_linkedin_gets_its_reserved_characters_escaped_and_hashtags_as_elements() -> None:
    post = PostText(None, r"Now (really) 50*2 = #100 with #AI_tools, a\b & me@example.com", ("हिन्दी",))
    assert rendered("linkedin", post) == (
        r"Now \(really\) 50\*2 = {hashtag|\#|100} with {hashtag|\#|AI\_tools}, a\\b & me\@example.com"
        "\n\n"
        r"{hashtag|\#|हिन्दी}"
    )


def test_the_others_get_it_as_it_is_read() -> None:
    assert rendered("tiktok", PostText(None, "Now (really)", ("AI", "Bread"))) == "Now (really)\n\n#AI #Bread"
