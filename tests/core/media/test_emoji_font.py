"""Emoji as glyphs, a layer each."""

import io
import time

import pytest
from fontTools.ttLib import TTFont

from content_pipeline.core.media import emoji_font
from content_pipeline.core.media.emoji_font import EmojiFont
from content_pipeline.core.media.emoji_pictures import read_layers
from content_pipeline.core.media.emoji_sequences import find_picture, pictures
from content_pipeline.core.media.fonts import BOLD, FontSet


def made(*emoji: str) -> EmojiFont:
    return EmojiFont(emoji, BOLD, ascent=1, descent=0.3)


def test_a_flag_is_a_stack_of_its_stripes() -> None:
    font = made("🇩🇪")
    layers = [font.layers[character] for character in font.characters["🇩🇪"]]
    assert [layer.color for layer in layers] == [(255, 205, 5), (237, 31, 36), (20, 20, 20)]
    assert {layer.opacity for layer in layers} == {1}


def test_only_the_front_layer_of_an_emoji_has_a_width() -> None:
    font = made("🇩🇪", "👩🏽‍🚀")
    file = TTFont(io.BytesIO(font.data))
    em, names = file["head"].unitsPerEm, file.getBestCmap()
    for characters in font.characters.values():
        widths = [file["hmtx"][names[ord(character)]][0] / em for character in characters]
        assert widths == [0] * (len(widths) - 1) + [pytest.approx(emoji_font.WIDTH)]


def test_emoji_are_as_wide_as_they_are_drawn_and_text_beside_them_as_before() -> None:
    fonts = FontSet(["go🎉now 👩🏽‍🚀"], "en")
    assert fonts.width("go🎉now") == pytest.approx(fonts.width("go") + emoji_font.WIDTH + fonts.width("now"))
    assert fonts.width("👩🏽‍🚀👩🏽‍🚀") == pytest.approx(2 * emoji_font.WIDTH)


def test_a_font_is_the_same_whatever_the_order_and_the_time_and_another_for_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = made("🎉", "🚀").data
    monkeypatch.setattr(time, "time", lambda: 1e9)
    assert made("🚀", "🎉").data == first
    assert made("🎉").family != made("🚀").family


@pytest.mark.slow
def test_every_picture_has_layers_and_every_two_hundredth_is_drawn() -> None:
    assert all(read_layers(picture) for picture in pictures().values())
    drawn = [emoji for emoji in sorted(pictures()) if find_picture(emoji)][::200]
    font = TTFont(io.BytesIO(made(*drawn).data))
    boxes = [glyph.calcBounds(None) for glyph in font["CFF "].cff.topDictIndex[0].CharStrings.values()]
    em = font["head"].unitsPerEm
    edges = [(box[0] / em, box[1] / em, box[2] / em, box[3] / em) for box in boxes if box]
    assert len(edges) > 150
    assert all(-0.1 < left < right < 1.35 and -0.35 < low < high < 1.1 for left, low, right, high in edges)


@pytest.mark.slow
def test_a_document_draws_so_many_emoji_that_its_font_is_made_in_a_second() -> None:
    texts = [emoji for emoji in sorted(pictures()) if find_picture(emoji)][:350]
    fonts = FontSet(texts, "en")
    assert [bool(fonts.runs(text)) for text in texts] == [True] * 300 + [False] * 50
