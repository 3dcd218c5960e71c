"""Fonts from wheels: script-based fallback, and subsets at a fixed weight to embed in one ASS document.

libass has no font fallback here, draws variable fonts at their default weight (Noto Sans CJK: Thin) and derives the
font size from ascent and descent instead of the em. So text is itemized into runs of one typeface, and each typeface is
subset to the characters in use, instantiated at bold, and given the same ascent and descent, which makes sizes
comparable.
"""

import io
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from itertools import chain, groupby, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import ImageFont

from content_pipeline.core.media.emoji_font import EmojiFont
from content_pipeline.core.media.emoji_pictures import Layer
from content_pipeline.core.media.emoji_sequences import (
    INDICATORS,
    SKIN_TONES,
    TEXT_SELECTOR,
    split_emoji,
)

if TYPE_CHECKING:  # 10 MB, which the API and the code server never need
    from fontTools.ttLib import TTFont
else:
    TTFont = Any

# These are in ems and hold for every font made here. Their sum is the line height, by which libass divides a font size.
ASCENT, DESCENT = 1.0, 0.32
LINE_HEIGHT = ASCENT + DESCENT
# Advance width of the space, in ems: Noto Emoji's own is as wide as an emoji.
SPACE_WIDTH = 0.26
BOLD, EXTRA_BOLD = 700, 800
_MANROPE = {BOLD: "Manrope-Bold.ttf", EXTRA_BOLD: "Manrope-ExtraBold.ttf"}
# Glyphs are measured at this size, so that rounding to whole pixels is negligible.
MEASURING_EM = 1000
# Zero width joiner and non-joiner shape Arabic and Indic; all other format characters are dropped. So are those after
# symbols: libass draws the symbols side by side, whatever the font makes of them, and Pillow measured them as one.
JOINERS = "\u200c\u200d"
_UNDRAWN = JOINERS + TEXT_SELECTOR
# A document may have this many different emoji, each of which takes 2.4 ms. Further ones are left out.
_MAX_EMOJI = 300
# Thai and Lao sara am: letters in Unicode, but half of each is drawn above the preceding letter.
SARA_AM = "\u0e33\u0eb3"
# Khmer vowels whose left half is drawn as another vowel; Unicode has no decomposition for them.
_KHMER_LEFT_HALF, _KHMER_SPLIT_VOWELS = "\u17c1", "\u17be\u17bf\u17c0\u17c4\u17c5"
# Control characters and line separators: some fonts have them, but Pillow refuses to measure them.
_CONTROL_CATEGORIES = ("Cc", "Zl", "Zp")
# Faces of the CJK collection: the regional variants of the same characters.
_CJK_FACE_INDEX = {"ja": 0, "ko": 1, "zh": 2, "zh-tw": 3, "zh-hant": 3, "zh-hk": 4, "yue": 4}


@dataclass(frozen=True)
class Typeface:
    """A font file of a wheel (`index`: face within a collection)."""

    path: Path
    index: int = -1

    def open(self) -> TTFont:
        from fontTools.ttLib import TTFont

        # The timestamp is not recalculated, so that the output is reproducible.
        return TTFont(self.path, fontNumber=self.index, lazy=True, recalcTimestamp=False)


@dataclass(frozen=True)
class Font:
    """A typeface subset: an OpenType file with a unique family name."""

    family: str
    data: bytes


@cache
def coverage(face: Typeface) -> frozenset[int]:
    """The code points in a typeface's cmap."""
    with face.open() as font:
        return frozenset(font.getBestCmap())


@cache
def fallback_typefaces(language: str, weight: int = BOLD) -> tuple[Typeface, ...]:
    """All typefaces in fallback order. The large CJK file is last: opening it takes 0.2 s."""
    noto = Path(str(files("manimgx_fonts")))
    scripts = sorted(path for path in noto.glob("NotoSans*.ttf") if "Italic" not in path.name)
    last = [noto / "NotoEmoji[wght].ttf", noto / "NotoSansSymbols[wght].ttf"]
    manrope = Path(str(files("font_manrope"))) / "files" / _MANROPE[weight]
    tag = language.lower()
    index = _CJK_FACE_INDEX.get(tag, _CJK_FACE_INDEX.get(tag.split("-")[0], 0))
    cjk = Typeface(Path(str(files("manimgx_fonts_cjk"))) / "NotoSansCJK-VF.otf.ttc", index)
    ordered = [manrope, noto / "NotoSans[wght].ttf", *scripts, *last]
    return (*(Typeface(path) for path in dict.fromkeys(ordered)), cjk)


def grapheme_clusters(text: str) -> list[str]:
    """Characters with their combining marks and joiners, and emoji, whole; controls and line breaks dropped."""
    found: list[str] = []
    for part, is_emoji in _parts(text):
        found += [part] if is_emoji else _letters(part)
    return found


def _letters(text: str) -> list[str]:
    """The clusters of a text without emoji."""
    found: list[str] = []
    for character in text:
        category, code = unicodedata.category(character), ord(character)
        if character == TEXT_SELECTOR and found:
            found[-1] += character  # without it, the next to look would take the sign for an emoji
            continue
        variation = 0xFE00 <= code <= 0xFE0F or code >= 0xE0000
        invisible = category in _CONTROL_CATEGORIES or (category == "Cf" and character not in JOINERS)
        if variation or invisible or code in SKIN_TONES or code in INDICATORS:
            continue
        if character in JOINERS and (not found or unicodedata.category(found[-1][0]) == "So"):
            continue
        if found and (category.startswith("M") or character in JOINERS):
            found[-1] += character
        else:
            found.append(character)
    return found


def font_runs(
    text: str, faces: Sequence[Typeface], coverage_of: Callable[[Typeface], Collection[int]]
) -> list[tuple[Typeface, str]]:
    """The text in stretches of one typeface: of `faces`, the first that has the character (`covered`: code points).

    Spaces and punctuation join the run before them, at the start the run after. Characters that no typeface covers
    are dropped.
    """
    letter_faces = (
        face
        for cluster in grapheme_clusters(text)
        if cluster[0].isalpha() and (face := _first_covering(cluster, faces, coverage_of))
    )
    current = next(letter_faces, None)
    assigned: list[tuple[Typeface, str]] = []
    for cluster in grapheme_clusters(text):
        neutral = current is not None and not cluster[0].isalnum()
        face = _first_covering(cluster, (current, *faces) if current and neutral else faces, coverage_of)
        if face:
            current = face
            assigned.append((face, "".join(c for c in cluster if ord(c) in coverage_of(face) or c in JOINERS)))
    return [
        (face, "".join(cluster for _, cluster in group)) for face, group in groupby(assigned, key=lambda pair: pair[0])
    ]


def _first_covering(
    cluster: str, faces: Iterable[Typeface], coverage_of: Callable[[Typeface], Collection[int]]
) -> Typeface | None:
    """The first typeface that covers the whole cluster, else the first that covers its base character."""
    needed = {ord(character) for character in cluster if character not in _UNDRAWN}
    fallback = None
    for face in faces:
        if needed.issubset(coverage_of(face)):
            return face
        if fallback is None and ord(cluster[0]) in coverage_of(face):
            fallback = face
    return fallback


def _decomposed_vowels(text: str) -> str:
    """Characters into which HarfBuzz decomposes some vowels; without them in the subset, vowels are misplaced."""
    vowels = [letter for letter in set(text) if unicodedata.category(letter).startswith("M") or letter in SARA_AM]
    halves = unicodedata.normalize("NFKD", "".join(vowels))
    return halves + _KHMER_LEFT_HALF if set(_KHMER_SPLIT_VOWELS).intersection(vowels) else halves


class FontSet:
    """Font subsets that cover the given texts, BOLD or EXTRA_BOLD, and a font of the emoji in them."""

    def __init__(self, texts: Iterable[str], language: str, weight: int = BOLD) -> None:
        faces = fallback_typefaces(language, weight)
        self._used: dict[Typeface, set[int]] = {}
        emoji: dict[str, None] = {}
        for part, is_emoji in chain.from_iterable(map(_parts, texts)):
            if is_emoji:
                emoji[part] = None
                continue
            for face, run in font_runs(part, faces, coverage):
                self._used.setdefault(face, {ord(" ")}).update(map(ord, run + _decomposed_vowels(run)))
        self._faces = [face for face in faces if face in self._used]
        self._fonts = {
            face: subset_font(face, "".join(map(chr, sorted(self._used[face]))), weight) for face in self._faces
        }
        self._emoji = EmojiFont(islice(emoji, _MAX_EMOJI), weight, ascent=ASCENT, descent=DESCENT)
        self._measuring_fonts = {
            font.family: ImageFont.truetype(io.BytesIO(font.data), MEASURING_EM) for font in self.fonts
        }
        self._widths: dict[str, float] = {}

    @property
    def fonts(self) -> list[Font]:
        emoji = [Font(self._emoji.family, self._emoji.data)] if self._emoji.layers else []
        return [*self._fonts.values(), *emoji]

    @property
    def default_family(self) -> str:
        """The family of the default style; "sans-serif" when there is nothing to draw."""
        return next((font.family for font in self.fonts), "sans-serif")

    @property
    def layers(self) -> Mapping[str, Layer]:
        """The characters that draw layers of emoji, and which color each needs."""
        return self._emoji.layers

    def runs(self, text: str) -> list[tuple[str, str]]:
        """The text in runs of one font: (family name, characters to draw). An emoji is a run of its `layers`."""
        runs: list[tuple[str, str]] = []
        for part, is_emoji in _parts(text):
            if part in self._emoji.characters:
                runs.append((self._emoji.family, self._emoji.characters[part]))
            elif not is_emoji:
                found = font_runs(part, self._faces, self._used.__getitem__)
                runs += [(self._fonts[face].family, run) for face, run in found]
        return runs

    def width(self, text: str) -> float:
        """Width of a line in ems."""
        return sum(map(self._word_width, text.split(" "))) + text.count(" ") * SPACE_WIDTH

    def _word_width(self, word: str) -> float:
        if word not in self._widths:
            pixels = sum(self._measuring_fonts[family].getlength(run) for family, run in self.runs(word))
            self._widths[word] = pixels / MEASURING_EM
        return self._widths[word]


def _parts(text: str) -> Iterator[tuple[str, bool]]:
    """The text in parts, and whether each is an emoji."""
    return split_emoji(unicodedata.normalize("NFC", text))


def subset_font(face: Typeface, characters: str, weight: int) -> Font:
    """Subset a typeface to the given characters (including a space), with the metrics shared by all fonts made here."""
    from fontTools import subset
    from fontTools.ttLib import TTFont
    from fontTools.varLib import instancer

    digest = sha256(f"{face.path.name} {face.index} {weight} {characters}".encode()).hexdigest()[:10]
    family = f"{face.path.name.split('[')[0].split('.')[0]} {digest}"
    subsetter = subset.Subsetter(subset.Options(layout_features=["*"], hinting=False, notdef_outline=True))
    subsetter.populate(text=characters)
    with face.open() as whole:
        subsetter.subset(whole)
        # The font is saved and reloaded, because the instancer cannot process a CFF2 table that was subset in memory.
        font = TTFont(io.BytesIO(_bytes(whole)), recalcTimestamp=False)
    if "fvar" in font:
        font = instancer.instantiateVariableFont(font, {"wght": weight})
    _rename(font, family)
    _set_metrics(font, weight)
    return Font(family, _bytes(font))


def _set_metrics(font: TTFont, weight: int) -> None:
    """Set the metrics that all fonts share."""
    em = font["head"].unitsPerEm
    font["OS/2"].usWeightClass = weight
    font["OS/2"].usWinAscent = font["hhea"].ascent = round(ASCENT * em)
    font["OS/2"].usWinDescent = round(DESCENT * em)
    font["hhea"].descent = -round(DESCENT * em)
    font["hmtx"][font.getBestCmap()[ord(" ")]] = (round(SPACE_WIDTH * em), 0)


def _rename(font: TTFont, family: str) -> None:
    names = font["name"]
    names.names = []
    for name_id, value in (1, family), (4, family), (6, family.replace(" ", "-")):
        names.setName(value, name_id, 3, 1, 0x409)


def _bytes(font: TTFont) -> bytes:
    file = io.BytesIO()
    font.save(file)
    return file.getvalue()
