"""Options of a post on each platform."""

from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from content_pipeline.core.platforms.options import dump_set
from content_pipeline.core.platforms.pydantic_types import PlatformDefaults
from content_pipeline.core.platforms.registry import PLATFORMS
from content_pipeline.core.platforms.text import CaptionStyle

# A value that each option takes where it is known.
VALUES: dict[str, Any] = {
    "caption_style": "short",
    "hashtags": ["#ai", "Köln"],
    "mentions": ["@some.one", "two"],
    "privacy": "public",
    "cover_url": "https://cdn.example.com/cover.jpg",
    "cover_seconds": 1.5,
    "captions_id": "5bc41d91-867a-4ccb-821a-2b9544c45719",
    "share_to_feed": False,
    "allow_comments": True,
    "allow_duets": False,
    "allow_stitches": False,
    "made_for_kids": False,
    "ai_generated": True,
    "paid_partnership": False,
    "own_brand": True,
}
EVERYWHERE = {"caption_style", "hashtags", "mentions"}
OWN = {
    "instagram": {"cover_url", "cover_seconds", "share_to_feed", "ai_generated", "paid_partnership"},
    "tiktok": {
        "privacy", "cover_seconds", "allow_comments", "allow_duets", "allow_stitches", "ai_generated",
        "paid_partnership", "own_brand",
    },
    "linkedin": {"privacy", "cover_url", "captions_id"},
    "youtube": {"privacy", "cover_url", "captions_id", "made_for_kids", "ai_generated", "paid_partnership"},
}  # fmt: skip


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("option", VALUES)
def test_a_platform_has_the_options_that_it_knows_and_no_others(platform: str, option: str) -> None:
    options = {option: VALUES[option]}
    if option in EVERYWHERE | OWN[platform]:
        assert dump_set(PLATFORMS[platform].options.model_validate(options)) == options
    else:
        with pytest.raises(ValidationError, match="Extra inputs"):
            PLATFORMS[platform].options.model_validate(options)


@given(platform=st.sampled_from(list(PLATFORMS)), style=st.sampled_from(get_args(CaptionStyle)))
def test_every_platform_knows_every_caption_style(platform: str, style: str) -> None:
    defaults = {platform: {"caption_style": style}}
    assert dump_set(PlatformDefaults.model_validate(defaults)) == defaults


@pytest.mark.parametrize(
    ("platform", "options"),
    [
        ("tiktok", {"caption_style": "shouted"}),
        ("tiktok", {"privacy": "unlisted"}),
        ("youtube", {"privacy": "friends"}),
        ("linkedin", {"privacy": "private"}),
        ("instagram", {"hashtags": ["two words"]}),
        ("instagram", {"hashtags": ["#one#two"]}),
        ("instagram", {"hashtags": ["tag"] * 31}),
        ("instagram", {"mentions": ["someone"] * 21}),
        ("instagram", {"mentions": ["some one"]}),
        ("instagram", {"cover_seconds": -1}),
        ("instagram", {"cover_seconds": float("inf")}),
        ("instagram", {"cover_seconds": float("nan")}),
        ("tiktok", {"ai_generated": "perhaps"}),
    ],
)
def test_a_value_that_no_platform_takes_is_refused(platform: str, options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        PLATFORMS[platform].options.model_validate(options)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_what_was_not_set_is_not_kept(platform: str) -> None:
    assert dump_set(PLATFORMS[platform].options.model_validate({"caption_style": None})) == {}
    assert dump_set(PlatformDefaults.model_validate({platform: None})) == {}


def test_a_platform_that_is_none_of_ours_has_no_defaults() -> None:
    with pytest.raises(ValidationError):
        PlatformDefaults.model_validate({"myspace": {"caption_style": "short"}})


def test_an_option_that_a_platform_does_not_have_is_read_as_none() -> None:
    tiktok = PLATFORMS["tiktok"].options()
    assert (tiktok.cover, tiktok.subtitles) == (None, None)
    youtube = PLATFORMS["youtube"].options.model_validate({name: VALUES[name] for name in ("cover_url", "captions_id")})
    assert (youtube.cover, str(youtube.subtitles)) == (VALUES["cover_url"], VALUES["captions_id"])


@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_label_of_ai_is_set_where_there_is_one_and_nothing_else_was_said(platform: str) -> None:
    options = PLATFORMS[platform].options
    if "ai_generated" in OWN[platform]:
        assert dump_set(options().labeled_as_ai()) == {"ai_generated": True}
        assert dump_set(options.model_validate({"ai_generated": False}).labeled_as_ai()) == {"ai_generated": False}
    else:
        assert dump_set(options().labeled_as_ai()) == {}


def test_only_what_is_set_replaces_defaults() -> None:
    options = PLATFORMS["tiktok"].options
    defaults = options.model_validate({"privacy": "friends", "hashtags": ["ai"]})
    own = options.model_validate({"privacy": "public", "cover_seconds": None})
    assert dump_set(own.over(defaults)) == {"privacy": "public", "hashtags": ["ai"]}
