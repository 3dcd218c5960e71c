"""Visual designs of reels: a background pattern, its palette, an accent color and the style tags it matches."""

import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from zlib import crc32

from content_pipeline.core.media.reels import abstract_backgrounds, scenic_backgrounds
from content_pipeline.core.media.reels.abstract_backgrounds import Pattern
from content_pipeline.core.media.reels.canvas import RGB


@dataclass(frozen=True, slots=True)
class Design:
    """One design. `accent` is the highlight color: light on this background, and distinct from white."""

    name: str
    moods: frozenset[str]
    accent: RGB
    pattern: Pattern
    colors: tuple[RGB, ...]


DESIGNS = (
    Design(
        "glass",
        frozenset({"educational", "tech", "professional", "business", "friendly", "modern"}),
        accent=(255, 221, 64),
        pattern=abstract_backgrounds.glass,
        colors=((58, 28, 150), (23, 98, 214), (120, 40, 190), (10, 140, 190), (44, 24, 130), (212, 70, 150)),
    ),
    Design(
        "aurora",
        frozenset({"calm", "wellness", "inspirational", "mystical", "nature", "storytelling"}),
        accent=(120, 255, 190),
        pattern=scenic_backgrounds.aurora,
        colors=((5, 9, 28), (12, 40, 66), (80, 255, 170), (40, 200, 190), (130, 70, 220), (3, 8, 18)),
    ),
    Design(
        "sunset",
        frozenset({"casual", "travel", "lifestyle", "warm", "friendly", "inspirational", "storytelling"}),
        accent=(124, 242, 222),
        pattern=scenic_backgrounds.dunes,
        colors=(
            *((52, 22, 92), (190, 58, 110), (255, 150, 92), (255, 222, 150)),
            *((196, 78, 104), (146, 52, 104), (96, 36, 92), (58, 24, 74), (30, 14, 48)),
        ),
    ),
    Design(
        "ocean",
        frozenset({"calm", "travel", "wellness", "nature", "fresh", "educational"}),
        accent=(255, 224, 92),
        pattern=scenic_backgrounds.underwater,
        colors=((40, 170, 196), (12, 104, 160), (8, 58, 112), (4, 24, 62), (190, 245, 255)),
    ),
    Design(
        "citrus",
        frozenset({"bold", "fun", "energetic", "fitness", "food", "motivational"}),
        accent=(255, 238, 90),
        pattern=abstract_backgrounds.halftone,
        colors=((255, 104, 40), (245, 62, 70), (255, 142, 30), (226, 40, 96), (120, 16, 60)),
    ),
    Design(
        "candy",
        frozenset({"fun", "casual", "playful", "beauty", "fashion", "creative"}),
        accent=(255, 236, 110),
        pattern=abstract_backgrounds.paper,
        colors=((92, 28, 132), (140, 40, 160), (190, 56, 172), (232, 84, 164), (250, 128, 150), (255, 172, 150)),
    ),
    Design(
        "graphite",
        frozenset({"minimal", "educational", "professional", "business", "serious", "formal"}),
        accent=(255, 196, 61),
        pattern=abstract_backgrounds.contours,
        colors=((17, 19, 24), (34, 38, 46), (52, 57, 68), (104, 112, 128), (168, 178, 196)),
    ),
    Design(
        "forest",
        frozenset({"wellness", "calm", "nature", "warm", "lifestyle", "food"}),
        accent=(255, 222, 110),
        pattern=abstract_backgrounds.bokeh,
        colors=(
            *((10, 44, 34), (28, 84, 52), (6, 34, 36), (60, 96, 40)),
            *((255, 232, 150), (170, 230, 130), (255, 255, 220)),
        ),
    ),
    Design(
        "neon",
        frozenset({"tech", "bold", "gaming", "music", "energetic", "creative", "modern"}),
        accent=(92, 240, 255),
        pattern=scenic_backgrounds.neon_grid,
        colors=((14, 6, 40), (92, 14, 110), (10, 4, 28), (255, 214, 90), (255, 46, 146), (46, 226, 255)),
    ),
    Design(
        "silk",
        frozenset({"luxury", "elegant", "fashion", "beauty", "minimal", "formal"}),
        accent=(255, 176, 196),
        pattern=abstract_backgrounds.silk,
        colors=((16, 8, 14), (70, 36, 34), (118, 72, 46), (166, 114, 66), (222, 180, 116)),
    ),
    Design(
        "retro",
        frozenset({"bold", "fun", "food", "music", "motivational", "creative", "storytelling"}),
        accent=(255, 232, 128),
        pattern=abstract_backgrounds.rays,
        colors=((222, 92, 58), (74, 20, 52), (246, 156, 76)),
    ),
    Design(
        "hive",
        frozenset({"tech", "business", "educational", "gaming", "modern", "professional"}),
        accent=(255, 208, 102),
        pattern=abstract_backgrounds.honeycomb,
        colors=((4, 32, 44), (6, 70, 84), (14, 122, 124), (62, 190, 168), (2, 16, 26)),
    ),
)


def choose(style_tags: Sequence[str], seed: int) -> Design:
    """A design that matches any of the tags, or any design where none does; deterministic per seed."""
    return random.Random(seed).choice(_matching(style_tags))  # noqa: S311 - nothing secret


def distinct_seeds(style_tags: Sequence[str], texts: Sequence[str]) -> list[int]:
    """A seed for each text, deterministic: a hash of the text, rehashed while its design repeats a recent one.
    Without that, a fifth of the reels of five designs would repeat the design before."""
    recent: deque[Design] = deque(maxlen=len(_matching(style_tags)) // 2)
    found = []
    for text in texts:
        candidates = (crc32(f"{text} {attempt}".encode()) for attempt in count())
        found.append(next(seed for seed in candidates if choose(style_tags, seed) not in recent))
        recent.append(choose(style_tags, found[-1]))
    return found


def _matching(style_tags: Sequence[str]) -> Sequence[Design]:
    moods = {tag.strip().lower() for tag in style_tags}
    return [design for design in DESIGNS if design.moods & moods] or DESIGNS
