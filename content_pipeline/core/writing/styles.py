"""Caption styles: how much of the script a post repeats. Platforms set how many hashtags each style has."""

from dataclasses import dataclass
from typing import Final

from content_pipeline.core.platforms.registry import PLATFORMS
from content_pipeline.core.platforms.text import CaptionStyle


@dataclass(frozen=True, slots=True)
class Style:
    """`characters` of the script at most (None: all of it), and whether a call to action ends the text.

    `instruction` says the same to a language model.
    """

    characters: int | None
    call_to_action: bool
    instruction: str


STYLES: Final[dict[CaptionStyle, Style]] = {
    # About as much as a feed shows before "more".
    "short": Style(
        140,
        call_to_action=False,
        instruction="One or two short sentences, about 140 characters.",
    ),
    "hashtag-heavy": Style(
        400,
        call_to_action=True,
        instruction="A few sentences, about 400 characters, a call to action, and many hashtags that people search "
        "for.",
    ),
    "long": Style(
        None,
        call_to_action=True,
        instruction="A first line that makes curious, all that the script says in short paragraphs, a call to action.",
    ),
    "plain": Style(
        None,
        call_to_action=False,
        instruction="What the script says, in short paragraphs, without hashtags and without a call to action.",
    ),
}


def max_hashtags(platform: str, style: CaptionStyle) -> int:
    """The most hashtags that a post in this style has."""
    return PLATFORMS[platform].text_format.hashtags[style]
