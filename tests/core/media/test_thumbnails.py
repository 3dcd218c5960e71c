"""Thumbnails of video frames."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from content_pipeline.core.media import media_errors, source_streams, thumbnails, untrusted, untrusted_process
from tests.media import odd, samples


@pytest.mark.slow
def test_a_thumbnail_is_a_small_jpeg_of_that_moment(tmp_path: Path) -> None:
    source = samples.video(tmp_path / "a.mp4", "-vf", "drawbox=color=red:t=fill:enable='gt(t,1.5)'", size="640x360")
    before, after = (Image.open(io.BytesIO(thumbnails.of_moment(source, seconds))) for seconds in (1, 2))
    assert before.format == "JPEG"
    assert before.size == (320, 180)
    assert np.asarray(after)[..., 1].mean() < 30 < np.asarray(before)[..., 1].mean()


@pytest.mark.slow
@pytest.mark.parametrize("degrees", [0, 90, 180, -90])
def test_a_thumbnail_stands_upright_as_players_show_the_video(tmp_path: Path, degrees: int) -> None:
    top = "drawbox=h=ih/4:color=red:t=fill"
    flat = samples.video(
        tmp_path / "flat.mp4",
        "-vf",
        f"{top},rotate={-degrees}*PI/180:ow=rotw({degrees}*PI/180):oh=roth({degrees}*PI/180)",
        size="180x320",
    )
    turned = samples.make(tmp_path / "turned.mp4", "-display_rotation", str(-degrees), "-i", str(flat), "-c", "copy")
    shown = Image.open(io.BytesIO(thumbnails.of_moment(turned, 0)))
    red, _, blue = np.asarray(shown)[10, shown.width // 2]
    assert (shown.size, red > 200, blue < 60) == ((180, 320), True, True)


def test_a_thumbnail_past_the_end_is_the_last_picture(tmp_path: Path) -> None:
    source = samples.video(tmp_path / "a.mp4")
    assert thumbnails.of_moment(source, 3.5)


def test_a_video_that_cannot_be_read_further_has_a_thumbnail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: Path) -> None:
        raise media_errors.unreadable("its middle is damaged")

    monkeypatch.setattr(source_streams, "examine_pictures", fail)
    assert _first_thumbnail(samples.video(tmp_path / "a.mp4", size="720x576", seconds=0.5), monkeypatch)


def test_a_video_that_has_no_combs_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_streams, "examine_pictures", None)
    assert _first_thumbnail(samples.video(tmp_path / "a.mp4", seconds=0.5), monkeypatch)
    assert _first_thumbnail(odd.interlaced(tmp_path / "a.mpg", flagged=True), monkeypatch)


def _first_thumbnail(path: Path, monkeypatch: pytest.MonkeyPatch) -> bytes:
    monkeypatch.setattr(untrusted_process, "FILE", path)
    return b"".join(untrusted_process.answer("thumbnail"))


@pytest.mark.slow
@pytest.mark.parametrize(("name", "flagged"), [("a.mpg", True), ("a.mkv", False)])
def test_what_moves_in_interlaced_video_is_there_once(tmp_path: Path, name: str, flagged: bool) -> None:
    """Of both fields the lines of the square would begin in two places, or be gray at its sides."""
    fast = odd.interlaced(tmp_path / name, flagged=flagged, speed=12)
    shown = np.asarray(Image.open(io.BytesIO(untrusted.thumbnail(fast))).convert("L"), int)
    assert shown.shape == (320, 107)
    for line in shown[150:156]:
        assert int((line > 200).sum()) == pytest.approx(22, abs=2)
        assert int(((line > 60) & (line < 200)).sum()) <= 4
    assert np.abs(np.diff(shown[150:156], axis=0)).mean() < 10
