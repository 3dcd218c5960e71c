"""Contact sheets of reels: the cover, a frame in the middle and the last frame of each script of the corpus.

python -m tests.media.reel_sheets FOLDER        writes sheet-1.png and so on, with each design in turn, and hdr.png

Words are spoken evenly, and backgrounds are stills, so that 30 scripts take half a minute without a voice or a render.
The three reels of hdr.png are rendered.
"""

import subprocess
import sys
from itertools import cycle
from pathlib import Path

import imageio_ffmpeg
import numpy as np
from PIL import Image

from content_pipeline.cli import contact_sheet
from content_pipeline.core.media.reels import animation_names
from content_pipeline.core.media.reels.designs import DESIGNS, Design
from content_pipeline.core.media.reels.safe_zone import HEIGHT, WIDTH
from content_pipeline.core.media.reels.text_track import text_track
from content_pipeline.core.media.timed_words import Word
from content_pipeline.core.speech import text_normalization
from tests.core.media.rendered_frames import Frame
from tests.media import hdr_sheet
from tests.media.scripts import SCRIPTS, Script

_CHARACTERS_A_SECOND, _PAUSE, _LEAD, _TAIL = 14, 0.4, 0.2, 0.4
_COLUMNS, _ROWS = 4, 2


def spoken(script: Script) -> list[Word]:
    """The words that the captions show, spoken evenly after a moment of silence."""
    words: list[Word] = []
    at = _LEAD
    for token in text_normalization.tokenize(script.text, script.language):
        end = at + max(len(token.spoken), 1) / _CHARACTERS_A_SECOND
        words.append(Word(at, end, token.text, token.spaced))
        at = end + (_PAUSE if token.spoken[-1:] in tuple(".?!。？！।؟") else 0.02)
    return words


def strip(script: Script, design: Design, animation: animation_names.CaptionAnimation, folder: Path) -> Image.Image:
    """Three frames of a reel, side by side, at a third of their size."""
    words = spoken(script)
    document, seconds = text_track(
        words,
        words[-1].end + _TAIL,
        language=script.language,
        name="Maya Chen",
        title=script.title,
        call_to_action=script.call,
        accent=design.accent,
        animation=animation,
    )
    (folder / "captions.ass").write_text(document)
    ground = _background(design)
    frames = [_frame(folder, ground, at) for at in (0.0, seconds / 2, seconds - 1 / 30)]
    joined = Image.fromarray(np.concatenate(frames, axis=1))
    return joined.resize((joined.width // 3, joined.height // 3), Image.Resampling.LANCZOS)


def _background(design: Design) -> Frame:
    planes = design.pattern(design.colors)(0.3)
    pixels = np.moveaxis(np.clip(planes * 255 + 0.5, 0, 255).astype(np.uint8), 0, 2)
    return np.asarray(Image.fromarray(pixels).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC))


def _frame(folder: Path, ground: Frame, at: float) -> Frame:
    """The frame at `at` seconds over `ground`."""
    command = [
        *(imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-loglevel", "error", "-f", "rawvideo", "-pix_fmt", "rgb24"),
        *("-s", f"{WIDTH}x{HEIGHT}", "-i", "-", "-vf", f"setpts=PTS+{at}/TB,ass=captions.ass"),
        *("-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"),
    ]
    drawn = subprocess.run(command, cwd=folder, check=True, capture_output=True, input=ground.tobytes()).stdout
    return np.frombuffer(drawn, np.uint8).reshape(HEIGHT, WIDTH, 3)


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    looks = zip(cycle(DESIGNS), cycle(animation_names.NAMES), strict=False)
    strips = [
        strip(script, design, animation, folder) for script, (design, animation) in zip(SCRIPTS, looks, strict=False)
    ]
    size = _COLUMNS * _ROWS
    for number, first in enumerate(range(0, len(strips), size), start=1):
        target = contact_sheet.save(strips[first : first + size], folder / f"sheet-{number}.png", columns=_COLUMNS)
        sys.stdout.write(f"{target}\n")
    (folder / "captions.ass").unlink()
    sys.stdout.write(f"{hdr_sheet.save(folder / 'hdr.png')}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
