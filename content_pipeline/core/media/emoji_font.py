"""Layered emoji font for libass, which has no color fonts: as in COLR, each layer of a picture is a glyph.

The glyphs of an emoji lie on top of each other, because only the last one has a width. Drawn one after the other, each
in its color, they behave like one letter: in every position, size and animation, and clipped with the rest of a word.
"""

import io
from collections.abc import Iterable
from dataclasses import replace
from hashlib import sha256
from typing import Final

from content_pipeline.core.media.emoji_pictures import SIDE, Layer, read_layers
from content_pipeline.core.media.emoji_sequences import find_picture

# Their license, CC BY 4.0, asks for this wherever the pictures are given away.
CREDITS: Final = "Emoji: Twemoji, copyright Twitter, Inc and other contributors, licensed under CC BY 4.0"
# These are in ems. A picture is a little taller than capitals, and centered on their middle.
_PICTURE, _BEARING, _MIDDLE = 1.12, 0.07, 0.36
WIDTH: Final = _PICTURE + 2 * _BEARING
_UNITS_PER_EM = 2000
# These signs are dark strokes, which would vanish in the dark outline of captions. They are drawn in the color of the
# words.
_SIGNS = tuple("©®™✔✖➕➖➗➰〰💲🔙🔚🔛🔜🔝🟰")
# Characters of the private use area run from left to right in libass, whatever surrounds them. The layers need that,
# because their order matters.
_FIRST_CODE_POINT = 0xF0000


class EmojiFont:
    """A font with the layers of the given emoji, each of which has a picture. `ascent` and `descent` are in ems."""

    def __init__(self, emoji: Iterable[str], weight: int, *, ascent: float, descent: float) -> None:
        # For each emoji, the characters that draw it: one for each layer, from back to front.
        self.characters: dict[str, str] = {}
        self.layers: dict[str, Layer] = {}
        for each in sorted(set(emoji)):
            if picture := find_picture(each):
                first = _FIRST_CODE_POINT + len(self.layers)
                layers = {
                    chr(first + index): replace(layer, color=None) if each.startswith(_SIGNS) else layer
                    for index, layer in enumerate(read_layers(picture))
                }
                self.characters[each] = "".join(layers)
                self.layers |= layers
        digest = sha256(f"{weight} {' '.join(self.characters)}".encode()).hexdigest()[:10]
        self.family = f"Twemoji {digest}"
        self.data = self._build(weight, ascent, descent) if self.layers else b""

    def _build(self, weight: int, ascent: float, descent: float) -> bytes:
        from fontTools.fontBuilder import FontBuilder
        from fontTools.misc.transform import Offset
        from fontTools.pens.t2CharStringPen import T2CharStringPen
        from fontTools.pens.transformPen import TransformPen

        scale = _PICTURE * _UNITS_PER_EM / SIDE
        to_em = Offset(_BEARING * _UNITS_PER_EM, (_MIDDLE + _PICTURE / 2) * _UNITS_PER_EM).scale(scale, -scale)
        outlines = {".notdef": T2CharStringPen(0, None).getCharString()}
        widths, names = {".notdef": 0}, {}
        front = {characters[-1] for characters in self.characters.values()}
        for character, layer in self.layers.items():
            name = f"u{ord(character):X}"
            widths[name] = round(WIDTH * _UNITS_PER_EM) if character in front else 0
            pen = T2CharStringPen(widths[name], None)
            layer.draw(TransformPen(pen, to_em))
            outlines[name] = pen.getCharString()
            names[ord(character)] = name
        font = FontBuilder(_UNITS_PER_EM, isTTF=False)
        font.setupGlyphOrder(list(outlines))
        font.setupCharacterMap(names)
        font.setupCFF("Twemoji", {}, outlines, {})
        font.setupHorizontalMetrics({name: (width, 0) for name, width in widths.items()})
        up, down = round(ascent * _UNITS_PER_EM), round(descent * _UNITS_PER_EM)
        font.setupHorizontalHeader(ascent=up, descent=-down)
        font.setupOS2(usWeightClass=weight, usWinAscent=up, usWinDescent=down)
        font.setupNameTable(
            {"familyName": self.family, "fullName": self.family, "psName": self.family.replace(" ", "-")}
        )
        font.setupPost(keepGlyphNames=False)
        # The font gets no time of creation, so that the same emoji always make the same document.
        font.updateHead(created=0, modified=0)
        font.font.recalcTimestamp = False
        file = io.BytesIO()
        font.save(file)
        return file.getvalue()
