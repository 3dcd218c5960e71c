"""Contact sheet of HDR against SDR: a chart, and reels over it as a video in BT.709, in HDR10 and in HLG."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import av
import numpy as np
from PIL import Image

from content_pipeline.cli import contact_sheet
from content_pipeline.core.media.audio_decoding import SAMPLE_RATE, Samples
from content_pipeline.core.media.reels import client_background, composition
from content_pipeline.core.media.reels.composition import Scene
from content_pipeline.core.media.reels.designs import DESIGNS
from content_pipeline.core.media.reels.text_track import text_track
from content_pipeline.core.media.timed_words import Word
from tests.media import odd

_WIDTH, _HEIGHT = 540, 960
_SECONDS: Final = 3.0
# When the headline has gone, and the end card has not come.
_MOMENT: Final = 2.4
# Skin, foliage, sky, fruit, and the colors of signs.
_PATCHES: Final = (
    ((115, 82, 68), (194, 150, 130), (241, 206, 180), (87, 108, 67)),
    ((98, 122, 157), (103, 189, 170), (214, 126, 44), (80, 91, 166)),
    ((193, 90, 99), (94, 60, 108), (157, 188, 64), (224, 163, 46)),
    ((255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0)),
)
# The rows of the second line of patches.
MODERATE: Final = slice(_HEIGHT // 6 + _HEIGHT // 8, _HEIGHT // 6 + 2 * _HEIGHT // 8)
_VIDEOS: Final[dict[str, Callable[[Path, Path], Path]]] = {
    "SDR": odd.still_in_yuv,
    "HDR10": lambda path, picture: odd.still_in_hdr(path, "pq", picture),
    "HLG": lambda path, picture: odd.still_in_hdr(path, "hlg", picture),
}


def save(target: Path) -> Path:
    """Write the sheet: the chart as it is, then the reels, whose backgrounds are darkened. Returns its path."""
    pictures = [chart(), *reels()]
    return contact_sheet.save(pictures, target, columns=len(pictures))


def reels() -> Iterator[Image.Image]:
    """A frame of a reel over each of the videos: SDR, HDR10, HLG."""
    for name, make in _VIDEOS.items():
        with tempfile.TemporaryDirectory() as folder:
            yield _reel(Path(folder), name, make)


def chart() -> Image.Image:
    """Gray from black to white, patches, and all hues from black over the full color to white."""
    gray = np.linspace(0, 255, _WIDTH).astype(np.uint8)
    ramp = np.broadcast_to(gray[None, :, None], (_HEIGHT // 6, _WIDTH, 3))
    patches = np.kron(np.array(_PATCHES, np.uint8), np.ones((_HEIGHT // 8, _WIDTH // 4, 1), np.uint8))
    height = _HEIGHT - len(ramp) - len(patches)
    hues = np.broadcast_to(np.linspace(0, 255, _WIDTH).astype(np.uint8), (height, _WIDTH))
    down = np.broadcast_to(np.linspace(0, 510, height)[:, None], (height, _WIDTH))
    values, saturation = (np.clip(part, 0, 255).astype(np.uint8) for part in (down, 510 - down))
    colors = np.asarray(Image.fromarray(np.stack([hues, saturation, values], axis=2), "HSV").convert("RGB"))
    return Image.fromarray(np.concatenate([ramp, patches, colors]))


def _reel(folder: Path, name: str, make: Callable[[Path, Path], Path]) -> Image.Image:
    chart().save(folder / "chart.png")
    make(folder / "video.mkv", folder / "chart.png").rename(folder / composition.BACKGROUND)
    design, words = DESIGNS[0], [Word(0.2, 1.6, "Over"), Word(1.6, _SECONDS, name)]
    document, seconds = text_track(
        words, _SECONDS, language="en", name="Maya Chen", title=name, call_to_action=None, accent=design.accent
    )
    (folder / composition.CAPTIONS).write_text(document)
    scene = Scene(design, 1, seconds, client_background.inspect(folder / composition.BACKGROUND))
    composition.render(folder, scene, _tone(), SAMPLE_RATE, on_progress=lambda _: None)
    return frame_at(folder / composition.OUTPUT, _MOMENT)


def _tone() -> Samples:
    return np.sin(np.arange(int(_SECONDS * SAMPLE_RATE)) / 8, dtype=np.float32) / 4


def frame_at(reel: Path, seconds: float) -> Image.Image:
    """The frame of a reel at a time, at half its size."""
    with av.open(str(reel)) as container:
        container.seek(int(seconds * av.time_base))
        found = next(frame for frame in container.decode(video=0) if (frame.time or 0) >= seconds)
        return found.to_image().resize((_WIDTH, _HEIGHT), Image.Resampling.LANCZOS)
