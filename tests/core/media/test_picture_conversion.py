"""Colors of videos of any coding, as they come out in BT.709."""

from pathlib import Path

import av
import numpy as np
import pytest
from av.video.reformatter import ColorPrimaries, ColorTrc
from pysubs2 import Alignment, Color, SSAEvent, SSAStyle

from content_pipeline.core.media import picture_conversion, video
from content_pipeline.core.media.ass_document import ass_document
from content_pipeline.core.media.fonts import FontSet
from content_pipeline.core.media.probe import probe, probe_with_first_frame
from tests.media import odd
from tests.peak_memory import peak_growth

pytestmark = pytest.mark.slow

NO_CAPTIONS = "[Script Info]\n[V4+ Styles]\n[Events]\n"


def burned(folder: Path, source: Path, captions: str = NO_CAPTIONS) -> Path:
    source.rename(folder / video.SOURCE)
    (folder / video.CAPTIONS).write_text(captions)
    video.burn_in(folder, probe(folder / video.SOURCE), on_progress=lambda share: None)
    return folder / video.OUTPUT


def color(path: Path) -> np.ndarray:
    """The middle of the first frame as a player shows BT.709; the file has to say that it is."""
    with av.open(str(path)) as container:
        context = container.streams.video[0].codec_context
        frame = next(container.decode(video=0))
        assert (context.colorspace, context.color_primaries, context.color_trc, context.color_range) == (1, 1, 1, 1)
        pixels = frame.to_ndarray(format="rgb24")
    return pixels[frame.height // 2 - 4 : frame.height // 2 + 4, frame.width // 2 - 4 : frame.width // 2 + 4].mean(
        (0, 1)
    )


CODINGS = {
    "HDR10": (lambda path: odd.hdr(path, "pq"), 5),
    "HLG": (lambda path: odd.hdr(path, "hlg"), 5),
    "RGB": (odd.rgb, 3),
    "BT.709": (lambda path: odd.yuv(path, "bt709"), 3),
    "BT.601": (lambda path: odd.yuv(path, "bt601"), 3),
    "untagged SD": (lambda path: odd.yuv(path, "bt601", tags=False), 3),
    "untagged HD": (lambda path: odd.yuv(path, "bt709", tags=False, size="1280x720"), 3),
    "full range": (lambda path: odd.yuv(path, "bt709", levels="pc"), 3),
}


@pytest.mark.parametrize("coding", CODINGS)
def test_a_color_of_any_coding_comes_out_as_it_was_seen(tmp_path: Path, coding: str) -> None:
    make, tolerance = CODINGS[coding]
    source = make(tmp_path / "a.mkv")
    _, frame = probe_with_first_frame(source)
    assert frame
    np.testing.assert_allclose(picture_conversion.rgb(frame, 16, 9)[4, 8], odd.RED, atol=tolerance)
    np.testing.assert_allclose(color(burned(tmp_path, source)), odd.RED, atol=tolerance)


def test_a_large_frame_in_wide_gamut_takes_little_memory_to_map() -> None:
    """Beside its 16 bits a channel, which it has twice, and its eight: of floats alone it would have 700 MB."""
    frame = av.VideoFrame.from_ndarray(np.full((2_000, 3_000, 3), odd.RED, np.uint8), format="rgb24")
    frame.color_primaries, frame.color_trc = ColorPrimaries.SMPTE432, ColorTrc.IEC61966_2_1
    found: list[np.ndarray] = []
    assert peak_growth(lambda: found.append(picture_conversion.rgb(frame, 3_000, 2_000))) < 150_000_000
    np.testing.assert_allclose(found[0][0, 0], picture_conversion.rgb(frame, 4, 4)[0, 0], atol=4)
    assert (found[0] == found[0][0, 0]).all()


def test_captions_have_the_color_that_was_asked_for(tmp_path: Path) -> None:
    style = SSAStyle(primarycolor=Color(237, 31, 36), outline=0, shadow=0, alignment=Alignment.TOP_LEFT)
    whole_frame = r"{\pos(0,0)\p1}m 0 0 l 160 0 160 90 0 90"
    captions = ass_document(
        {"Default": style}, [SSAEvent(0, 5000, whole_frame)], FontSet((), "en"), width=160, height=90
    )
    source = odd.yuv(tmp_path / "a.mkv", "bt709")
    np.testing.assert_allclose(color(burned(tmp_path, source, captions)), (237, 31, 36), atol=3)
