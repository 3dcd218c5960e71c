"""The names of the caption animations. Loads nothing, as the tables and the API need them too."""

from typing import Final, Literal, get_args

from content_pipeline.core.errors import Invalid

CaptionAnimation = Literal["box", "pop", "typewriter"]
NAMES: Final[tuple[CaptionAnimation, ...]] = get_args(CaptionAnimation)


def parse(name: str) -> CaptionAnimation:
    """The animation of this name. Raises Invalid `unknown_caption_animation`."""
    for known in NAMES:
        if known == name.lower():
            return known
    raise Invalid(
        f"There is no caption animation named {name[:50]!r}.",
        code="unknown_caption_animation",
        remedy=f"Take one of: {', '.join(NAMES)}.",
    )
