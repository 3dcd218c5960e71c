"""Caption styles: how much a post says beside its video."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from content_pipeline.core.platforms.names import CaptionStyle, Platform


@dataclass(frozen=True, slots=True)
class Style:
    """How many characters of the script (None: all), whether a call to action ends it, how many hashtags at most.

    `wish` says the same to a model.
    """

    characters: int | None
    calls: bool
    hashtags: Mapping[Platform, int]
    wish: str


STYLES: Final[dict[CaptionStyle, Style]] = {
    # About as much as a feed shows before "more".
    "short": Style(
        140,
        calls=False,
        hashtags={"instagram": 3, "tiktok": 3, "linkedin": 3, "youtube": 3},
        wish="One or two short sentences, about 140 characters.",
    ),
    "hashtag-heavy": Style(
        400,
        calls=True,
        hashtags={"instagram": 20, "tiktok": 8, "linkedin": 5, "youtube": 12},
        wish="A few sentences, about 400 characters, a call to action, and many hashtags that people search for.",
    ),
    "long": Style(
        None,
        calls=True,
        hashtags={"instagram": 8, "tiktok": 5, "linkedin": 4, "youtube": 5},
        wish="A first line that makes curious, all that the script says in short paragraphs, a call to action.",
    ),
    "plain": Style(
        None,
        calls=False,
        hashtags={"instagram": 0, "tiktok": 0, "linkedin": 0, "youtube": 0},
        wish="What the script says, in short paragraphs, without hashtags and without a call to action.",
    ),
}
