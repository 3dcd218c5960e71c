"""Contact sheets of reels, to look at.

python -m tests.media.reel_sheets FOLDER        writes

- sheet-1.png and so on: the cover, a frame in the middle and the last frame of each script of the corpus
- designs.png: each design with each caption animation
- animations.png: six frames through one caption, for each caption animation
- changes.png: a reel of 45 s before and after each change of its look
- hdr.png: a chart in SDR, HDR10 and HLG, and reels over it

Words are spoken evenly, and most backgrounds are stills, so that all takes a minute or two without a voice. The reels
of changes.png and hdr.png are rendered.
"""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path

import imageio_ffmpeg
import numpy as np
from PIL import Image

from content_pipeline.cli import contact_sheet
from content_pipeline.core.media.reels import animation_names
from content_pipeline.core.media.reels.animation_names import CaptionAnimation
from content_pipeline.core.media.reels.designs import DESIGNS, Design
from content_pipeline.core.media.reels.safe_zone import HEIGHT, WIDTH
from content_pipeline.core.media.reels.text_track import text_track
from content_pipeline.core.media.timed_words import Word
from content_pipeline.core.speech import text_normalization
from tests.core.media.rendered_frames import Frame
from tests.media import changes_sheet, hdr_sheet
from tests.media.scripts import SCRIPTS, Script

_CHARACTERS_A_SECOND, _PAUSE, _LEAD, _TAIL = 14, 0.4, 0.2, 0.4
_COLUMNS, _ROWS = 4, 2
# Its second sentence is one caption, which begins when the headline has gone.
_CAPTION = Script("one caption", "Stop whatever you are doing now. Drink some water.")
_CAPTION_FRAMES = 6


def spoken(script: Script) -> list[Word]:
    """The words that the captions show, spoken evenly after a moment of silence."""
    words: list[Word] = []
    at = _LEAD
    for token in text_normalization.tokenize(script.text, script.language):
        end = at + max(len(token.spoken), 1) / _CHARACTERS_A_SECOND
        words.append(Word(at, end, token.text, token.spaced))
        at = end + (_PAUSE if token.spoken[-1:] in tuple(".?!。？！।؟") else 0.02)
    return words


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    # After each round of the designs the animations go on by one more: three divides twelve.
    looks = (
        (DESIGNS[number % len(DESIGNS)], animation_names.NAMES[(number + number // len(DESIGNS)) % 3])
        for number in range(len(SCRIPTS))
    )
    strips = [_strip(script, *look, folder) for script, look in zip(SCRIPTS, looks, strict=True)]
    size = _COLUMNS * _ROWS
    for number, first in enumerate(range(0, len(strips), size), start=1):
        _save(strips[first : first + size], folder / f"sheet-{number}.png", columns=_COLUMNS)
    _save([*_designs(folder)], folder / "designs.png", columns=len(DESIGNS))
    _save([*_animations(folder)], folder / "animations.png", columns=1)
    (folder / "captions.ass").unlink()
    longest = max(SCRIPTS, key=lambda script: len(script.text))
    _save([*changes_sheet.frames(spoken(longest))], folder / "changes.png", columns=len(changes_sheet.MOMENTS))
    sys.stdout.write(f"{hdr_sheet.save(folder / 'hdr.png')}\n")


def _save(pictures: Sequence[Image.Image], target: Path, *, columns: int) -> None:
    sys.stdout.write(f"{contact_sheet.save(pictures, target, columns=columns)}\n")


def _strip(script: Script, design: Design, animation: CaptionAnimation, folder: Path) -> Image.Image:
    """The first frame of a reel, one of its middle and the last, side by side."""
    seconds = _write_track(script, design, animation, folder)
    return _drawn(design, [0.0, seconds / 2, seconds - 1 / 30], folder)


def _designs(folder: Path) -> Iterator[Image.Image]:
    """In the middle of the second word of a caption."""
    _, word, _ = spoken(_CAPTION)[-3:]
    for animation, design in product(animation_names.NAMES, DESIGNS):
        _write_track(_CAPTION, design, animation, folder)
        yield _drawn(design, [(word.start + word.end) / 2], folder)


def _animations(folder: Path) -> Iterator[Image.Image]:
    first, _, last = spoken(_CAPTION)[-3:]
    moments = np.linspace(first.start + 1 / 30, last.end - 1 / 30, _CAPTION_FRAMES)
    for animation in animation_names.NAMES:
        _write_track(_CAPTION, DESIGNS[0], animation, folder)
        yield _drawn(DESIGNS[0], moments, folder)


def _write_track(script: Script, design: Design, animation: CaptionAnimation, folder: Path) -> float:
    """Write captions.ass. Returns the length of the reel in seconds."""
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
    return seconds


def _drawn(design: Design, moments: Sequence[float] | np.ndarray, folder: Path) -> Image.Image:
    """Frames of captions.ass over the design, side by side, at a third of their size."""
    ground = _background(design)
    joined = Image.fromarray(np.concatenate([_frame(folder, ground, at) for at in moments], axis=1))
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


if __name__ == "__main__":
    main(Path(sys.argv[1]))
