"""Rendered videos: what is stored and posted plays everywhere, in the size that was asked for and at a usual rate."""

from dataclasses import replace
from pathlib import Path

import pytest

from content_pipeline.core.errors import InternalError, MediaUnusable
from content_pipeline.core.media import rendered_video
from content_pipeline.core.media.media_info import MediaInfo
from content_pipeline.core.media.probe import probe

REEL = MediaInfo(
    seconds=6.0, has_audio=True, has_video=True, width=1080, height=1920, frames_per_second=30.0,
    video_codec="h264", audio_codec="aac", container="mov", bytes=1000,
)  # fmt: skip
SILENT = replace(REEL, has_audio=False, audio_codec=None)


@pytest.mark.parametrize(
    "media",
    [replace(REEL, video_codec="vp9"), replace(REEL, audio_codec="mp3"), replace(REEL, video_codec=None), SILENT],
)
def test_what_not_every_platform_plays_is_unplayable(media: MediaInfo) -> None:
    rendered_video.check_playable(REEL)
    with pytest.raises(InternalError) as caught:
        rendered_video.check_playable(media)
    assert caught.value.code == "render_unplayable"


def test_a_video_of_a_source_without_sound_plays_without_sound() -> None:
    rendered_video.check_playable(SILENT, may_be_silent=True)


@pytest.mark.parametrize(("width", "height"), [(1080, 1918), (1920, 1080)])
def test_another_size_than_was_asked_for_is_wrong(width: int, height: int) -> None:
    rendered_video.check_size(REEL, 1080, 1920)
    with pytest.raises(InternalError, match=r"is 1080×1920, and has to be") as caught:
        rendered_video.check_size(REEL, width, height)
    assert caught.value.code == "render_size_wrong"


@pytest.mark.parametrize("rate", [22.9, 60.1, 0.0])
def test_a_rate_that_not_every_platform_accepts_is_wrong(rate: float) -> None:
    for accepted in (23.976, 59.94, 60.0):
        rendered_video.check_rate(replace(REEL, frames_per_second=accepted))
    with pytest.raises(InternalError, match=rf"has {rate:g} frames a second, and has to have 23 to 60") as caught:
        rendered_video.check_rate(replace(REEL, frames_per_second=rate))
    assert caught.value.code == "render_rate_wrong"


@pytest.mark.parametrize(("width", "height"), [(540, 960), (1920, 1080), (720, 1281)])
def test_what_is_no_large_portrait_has_the_wrong_size(width: int, height: int) -> None:
    rendered_video.check_portrait(replace(REEL, width=720, height=1280))
    with pytest.raises(InternalError) as caught:
        rendered_video.check_portrait(replace(REEL, width=width, height=height))
    assert caught.value.code == "render_size_wrong"


def test_a_rendered_file_that_cannot_be_read_is_not_said_to_be_the_clients(tmp_path: Path) -> None:
    (broken := tmp_path / "output.mp4").write_bytes(b"no video")
    with pytest.raises(InternalError) as caught, rendered_video.examined():
        probe(broken)
    assert caught.value.code == "render_unplayable"
    assert isinstance(caught.value.__cause__, Exception)
    assert not isinstance(caught.value, MediaUnusable)
