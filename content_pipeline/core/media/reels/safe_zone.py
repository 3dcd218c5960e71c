"""The frame of a reel: upright, and which part of it no platform draws over."""

from typing import Final

WIDTH: Final = 1080
HEIGHT: Final = 1920
FRAMES_PER_SECOND: Final = 30

# What stays free on Instagram (top 14 %, bottom 35 %, sides 6 %), TikTok (140 px of buttons on the right),
# YouTube Shorts (the lower quarter) and LinkedIn alike; even on both sides, so that centred text looks centred.
SAFE_LEFT: Final = 140
SAFE_RIGHT: Final = 940
SAFE_TOP: Final = 270
SAFE_BOTTOM: Final = 1248
