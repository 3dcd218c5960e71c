"""Fonts for all scripts."""

import io

import pytest
from fontTools.ttLib import TTFont
from PIL import ImageFont

from content_pipeline.core.media.fonts import (
    ASCENT,
    BOLD,
    DESCENT,
    FontSet,
    Typeface,
    coverage,
    fallback_typefaces,
    font_runs,
    grapheme_clusters,
    subset_font,
)

pytestmark = pytest.mark.slow

# A sentence per supported script.
SCRIPTS = {
    "latin": "Žluťoučký kůň – naïve Ștefan",
    "greek": "Καλημέρα κόσμε",
    "cyrillic": "Привет, мир",
    "arabic": "مرحبا بالعالم",
    "hebrew": "שלום עולם",
    "devanagari": "नमस्ते दुनिया।",
    "bengali": "ওহে বিশ্ব",
    "tamil": "வணக்கம் உலகம்",
    "telugu": "హలో ప్రపంచం",
    "thai": "สวัสดีชาวโลก",
    "khmer": "សួស្តីពិភពលោក",
    "georgian": "გამარჯობა მსოფლიო",
    "armenian": "Բարեւ աշխարհ",
    "ethiopic": "ሰላም ልዑል",
    "japanese": "こんにちは、世界。",
    "chinese": "你好，世界！",
    "korean": "안녕하세요 세계",
    "emoji": "😀🚀",
}


def script_runs(text: str, language: str) -> list[tuple[Typeface, str]]:
    return font_runs(text, fallback_typefaces(language), coverage)


def names(text: str, language: str = "en") -> list[tuple[str, str]]:
    return [(face.path.name.partition("[")[0].partition(".")[0], run) for face, run in script_runs(text, language)]


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_script_has_a_font_that_holds_its_glyphs(script: str) -> None:
    text = SCRIPTS[script]
    fonts = FontSet([text], "en")
    drawn = "".join(run for _, run in fonts.runs(text))
    assert drawn == text or set(drawn) == set(fonts.layers)
    files = {font.family: TTFont(io.BytesIO(font.data)) for font in fonts.fonts}
    for family, run in fonts.runs(text):
        assert set(map(ord, run)) <= set(files[family].getBestCmap())
    assert fonts.width(text) > 1


def test_fonts_are_bold_static_and_share_their_metrics_under_names_of_their_own() -> None:
    fonts = FontSet(["Hello 今日 नमस्ते"], "ja").fonts
    assert len({font.family for font in fonts}) == len(fonts) == 3
    for made in fonts:
        font = TTFont(io.BytesIO(made.data))
        em = font["head"].unitsPerEm
        assert "fvar" not in font
        assert font["OS/2"].usWeightClass == 700
        assert font["OS/2"].usWinAscent == pytest.approx(ASCENT * em, abs=1)
        assert font["OS/2"].usWinDescent == pytest.approx(DESCENT * em, abs=1)
        assert font["name"].getDebugName(1) == made.family


@pytest.mark.parametrize("text", ["สำคัญ", "ກຳ", "கொடுக்க", "বোন", "മോ", "කෝ", "ខោខើ", "ಕೋಕೀ", "କୋ"])
def test_vowels_that_are_drawn_in_halves_stand_where_the_whole_font_puts_them(text: str) -> None:
    fonts = FontSet([text], "en")
    (made,) = fonts.fonts
    ((face, _),) = script_runs(text, "en")
    whole = ImageFont.truetype(str(face.path), 1000)
    whole.set_variation_by_axes([700, 100][: len(whole.get_variation_axes())])
    assert fonts.width(text) * 1000 == pytest.approx(whole.getlength(text), rel=0.01)
    assert ImageFont.truetype(io.BytesIO(made.data), 1000).getbbox(text) == pytest.approx(whole.getbbox(text), abs=20)


def test_a_font_is_the_same_whenever_it_is_made() -> None:
    face = fallback_typefaces("en")[0]
    with face.open() as source, TTFont(io.BytesIO(subset_font(face, " a", BOLD).data)) as made:
        assert made["head"].modified == source["head"].modified


def test_text_is_cut_into_runs_by_script() -> None:
    assert names("今日は、iPhone 15を", "ja") == [
        ("NotoSansCJK-VF", "今日は、"),
        ("Manrope-Bold", "iPhone 15"),
        ("NotoSansCJK-VF", "を"),
    ]


def test_punctuation_stays_with_its_letters() -> None:
    assert names("«مرحبا»!") == [("NotoSansArabic", "«مرحبا»!")]


def test_any_part_of_the_texts_can_be_drawn() -> None:
    fonts = FontSet(["नमस्ते।।।", "«مرحبا»"], "hi")
    for part in ("।।", "»", "नम"):
        assert "".join(run for _, run in fonts.runs(part)) == part
        assert fonts.width(part) > 0


def test_characters_without_a_font_are_dropped() -> None:
    assert names("a\U00012000b\ue000") == [("Manrope-Bold", "ab")]
    assert names("\U00012000") == []


def test_joiners_and_marks_belong_to_letters_not_to_emoji() -> None:
    assert grapheme_clusters("क्\u200dष👍\u200d e\u0301") == ["क्\u200d", "ष", "👍", " ", "é"]


def test_controls_and_breaks_inside_a_word_are_dropped() -> None:
    assert names("a\rb\u2029c\x00") == [("Manrope-Bold", "abc")]


def test_han_is_drawn_as_the_language_writes_it() -> None:
    numbers = {language: script_runs("直", language)[0][0].index for language in ("ja", "ko", "zh", "zh-TW", "en")}
    assert numbers == {"ja": 0, "ko": 1, "zh": 2, "zh-TW": 3, "en": 0}
