"""Limits of Instagram for videos and covers."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from content_pipeline.core.platforms.instagram.options import InstagramOptions
from content_pipeline.core.platforms.instagram.publisher import InstagramPublisher
from tests.core.platforms.wire import make_post

JPEG = b"\xff\xd8\xff\xe0"


def codes(folder: Path, options: InstagramOptions | None = None, **media: Any) -> list[str]:
    post = make_post(folder, options or InstagramOptions(), **media)
    return [problem.code for problem in InstagramPublisher().check(None, post)]


@pytest.mark.parametrize(
    ("media", "expected"),
    [
        ({}, []),
        ({"video_codec": "hevc", "frames_per_second": 59.94, "width": 1920, "height": 1080}, []),
        ({"has_audio": False, "audio_codec": None}, []),
        ({"frames_per_second": 0.0}, []),
        ({"frames_per_second": 22.4}, ["instagram_frame_rate"]),
        ({"frames_per_second": 120.0}, ["instagram_frame_rate"]),
        ({"seconds": 2.9}, ["instagram_duration"]),
        ({"seconds": 3.0}, []),
        ({"seconds": 900.0}, []),
        ({"seconds": 900.5}, ["instagram_duration"]),
        ({"width": 2160, "height": 3840}, ["instagram_width"]),
        ({"width": 18, "height": 1920}, ["instagram_aspect_ratio"]),
        ({"bytes": 300_000_001}, ["instagram_file_size"]),
        ({"container": "matroska", "video_codec": "vp9"}, ["instagram_video_unsupported"]),
        ({"video_codec": "av1"}, ["instagram_video_unsupported"]),
        ({"audio_codec": "mp3"}, ["instagram_sound_unsupported"]),
        ({"seconds": 1.0, "bytes": 10**9}, ["instagram_duration", "instagram_file_size"]),
    ],
)
def test_every_documented_limit_is_checked_before_anything_is_sent(
    tmp_path: Path, media: dict[str, Any], expected: list[str]
) -> None:
    assert codes(tmp_path, **media) == expected


def test_a_cover_is_a_moment_of_the_video(tmp_path: Path) -> None:
    assert codes(tmp_path, InstagramOptions(cover_seconds=12.0)) == []
    assert codes(tmp_path, InstagramOptions(cover_seconds=12.1)) == ["instagram_cover_time"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (JPEG, []),
        (b"\x89PNG\r\n", ["instagram_cover_unsupported"]),
        (JPEG + bytes(8_000_000), ["instagram_cover_unsupported"]),
    ],
)
def test_a_cover_picture_is_a_small_jpeg(tmp_path: Path, content: bytes, expected: list[str]) -> None:
    picture = tmp_path / "cover"
    picture.write_bytes(content)
    post = replace(make_post(tmp_path, InstagramOptions()), cover=(picture, "https://b.example/cover.jpg"))
    assert [problem.code for problem in InstagramPublisher().check(None, post)] == expected
