"""Frame size, usual frame rate and safe zone of a reel: the area that no platform's interface covers."""

from typing import Final

WIDTH: Final = 1080
HEIGHT: Final = 1920
FRAMES_PER_SECOND: Final = 30

# Common safe zone of Instagram (covers top 14 %, bottom 35 %, sides 6 %), TikTok (140 px of buttons on the right),
# YouTube Shorts (the lower quarter) and LinkedIn; symmetric, so that centered text looks centered.
SAFE_LEFT: Final = 140
SAFE_RIGHT: Final = 940
SAFE_TOP: Final = 270
SAFE_BOTTOM: Final = 1248
