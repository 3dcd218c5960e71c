"""Contact sheet of a long reel: frames before and after each change of its look."""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from content_pipeline.core.media.audio_decoding import SAMPLE_RATE
from content_pipeline.core.media.reels import composition
from content_pipeline.core.media.reels.composition import Scene
from content_pipeline.core.media.reels.designs import DESIGNS, Design
from content_pipeline.core.media.reels.text_track import text_track
from content_pipeline.core.media.timed_words import Word
from tests.media import hdr_sheet

_SECONDS: Final = 45.0
# It has three looks, of 15 s each.
MOMENTS: Final = (0.0, 14.8, 15.2, 29.8, 30.2, 44.8)
_SHOWN: Final = tuple(design for design in DESIGNS if design.name in ("aurora", "citrus", "neon"))


def frames(words: Sequence[Word]) -> Iterator[Image.Image]:
    """A row for each of three designs. The words are spoken as far as there is time."""
    for design in _SHOWN:
        with tempfile.TemporaryDirectory() as folder:
            reel = _rendered(Path(folder), design, [word for word in words if word.end < _SECONDS - 2])
            for moment in MOMENTS:
                yield hdr_sheet.frame_at(reel, moment)


def _rendered(folder: Path, design: Design, words: Sequence[Word]) -> Path:
    document, seconds = text_track(
        words, _SECONDS, language="en", name="Maya Chen", title=None, call_to_action=None, accent=design.accent
    )
    (folder / composition.CAPTIONS).write_text(document)
    silence = np.zeros(int(_SECONDS * SAMPLE_RATE), np.float32)
    composition.render(folder, Scene(design, 1, seconds), silence, SAMPLE_RATE, on_progress=lambda _: None)
    return folder / composition.OUTPUT
