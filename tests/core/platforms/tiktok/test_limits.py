"""Limits of TikTok for videos and options."""

from pathlib import Path
from typing import Any

import pytest

from content_pipeline.core.platforms.tiktok.options import TikTokOptions
from content_pipeline.core.platforms.tiktok.publisher import TikTokPublisher
from tests.core.platforms.wire import make_post


@pytest.mark.parametrize(
    ("media", "expected"),
    [
        ({}, []),
        ({"container": "matroska", "video_codec": "vp9"}, []),
        ({"container": "matroska", "video_codec": "h264"}, ["tiktok_video_unsupported"]),
        ({"video_codec": "mpeg4"}, ["tiktok_video_unsupported"]),
        ({"frames_per_second": 23.976}, []),
        ({"frames_per_second": 15.0}, ["tiktok_frame_rate"]),
        ({"width": 360, "height": 640}, []),
        ({"width": 320, "height": 568}, ["tiktok_picture_size"]),
        ({"width": 4320, "height": 7680}, ["tiktok_picture_size"]),
        ({"seconds": 600.0}, []),
        ({"seconds": 601.0}, ["tiktok_duration"]),
        ({"bytes": 4_000_000_001}, ["tiktok_file_size"]),
    ],
)
def test_every_documented_limit_is_checked_before_anything_is_sent(
    tmp_path: Path, media: dict[str, Any], expected: list[str]
) -> None:
    post = make_post(tmp_path, TikTokOptions(), **media)
    assert [problem.code for problem in TikTokPublisher().check(None, post)] == expected


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (TikTokOptions(cover_seconds=13), ["tiktok_cover_time"]),
        (TikTokOptions(cover_seconds=11), []),
        (TikTokOptions(privacy="private", paid_partnership=True), ["tiktok_private_advertisement"]),
        (TikTokOptions(privacy="private", own_brand=True), []),
    ],
)
def test_options_that_do_not_go_together_are_told(tmp_path: Path, options: TikTokOptions, expected: list[str]) -> None:
    problems = TikTokPublisher().check(None, make_post(tmp_path, options))
    assert [problem.code for problem in problems] == expected
