"""Encoding of the videos that we compose, reels and avatars: what the platforms take, at the least CPU."""

from typing import Final

from content_pipeline.core.media.audio_mastering import SAMPLE_RATE
from content_pipeline.core.media.reels.safe_zone import FRAMES_PER_SECOND

# ultrafast costs half of superfast; adding cabac and 8x8dct (High profile) makes files a quarter smaller. One thread,
# because one video is rendered per core. maxrate, because platforms accept at most 25 Mbit/s, which a client's
# detailed video would reach.
VIDEO: Final = {
    "vcodec": "libx264",
    "preset": "ultrafast",
    "x264-params": "cabac=1:8x8dct=1",
    "crf": 21,
    "maxrate": "12M",
    "bufsize": "24M",
    "g": 4 * FRAMES_PER_SECOND,
    "pix_fmt": "yuv420p",
    "threads": 1,
}
AUDIO: Final = {"acodec": "aac", "audio_bitrate": "192k", "ar": SAMPLE_RATE}
CONTAINER: Final = {"movflags": "+faststart", "map_metadata": -1}
