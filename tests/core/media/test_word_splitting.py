"""Where words that are wider than a line are split."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_pipeline.core.media.fonts import grapheme_clusters
from content_pipeline.core.media.word_splitting import split_word


def _fits(text: str) -> bool:
    return len(text) <= 15


@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ("https://www.example.com/blog/how-to-bake", "https://|www.example|.com/blog/how-|to-bake"),
        ("first.last+tag@companyname.com", "first.last+tag@|companyname.com"),
        ("hello@example.com…", "hello@|example.com…"),
        ("hello@a-very-long-domain.example", "hello@|a-very-long-|domain.example"),
        ("subdomain.organization.org", "subdomain|.organization|.org"),
        ("Wait...everything...", "Wait...|everything..."),
        ("@my_very_long_handle_name", "@my_very_long_|handle_name"),
        ("#MondayMotivationForAll", "#Monday|MotivationFor|All"),
        ("WhatsAppBusinessAPI2024", "WhatsApp|BusinessAPI2024"),
        ("state-of-the-art-technology", "state-of-the-|art-technology"),
        ("internationalization", "internationali-|zation"),
        ("Verantwortungsbewusstsein", "Verantwortungs-|bewusstsein"),
        ("Geschwindigkeitsbegrenzung", "Geschwindig-|keitsbegrenzung"),
        ("antidisestablishmentarianism", "antidisestab-|lishmentaria-|nism"),
        ("本日の毎朝の簡単な体操紹介です。", "本日の毎朝の簡単な|体操紹介です。"),
        ("三つほどの素敵なごちそうをご紹介します。", "三つほどの素敵なごちそうを|ご紹介します。"),
        ("今週のおすすめ商品を三つご紹介します。", "今週のおすすめ商品を三つ|ご紹介します。"),
        ("手作りのふわふわたまごサンドイッチです", "手作りのふわふわたまご|サンドイッチです"),
        ("今週のおすすめいちご大福専門店はこちら", "今週のおすすめいちご大福専門店|はこちら"),
        ("青森県産の完熟りんごジュース飲み比べ", "青森県産の完熟りんご|ジュース飲み比べ"),
        ("全国のお取り寄せ商品の取り扱い店一覧", "全国のお取り寄せ商品の|取り扱い店一覧"),
        ("本日開催の無料体験講座のお申し込み", "本日開催の無料体験講座の|お申し込み"),
        ("はじめての観葉植物の簡単な育て方紹介", "はじめての観葉植物の簡単な|育て方紹介"),
        ("毎朝の散歩で見つけた小さな花屋さん", "毎朝の散歩で見つけた小さな|花屋さん"),
        ("新商品をたっぷり使ってご試食ください。", "新商品をたっぷり使って|ご試食ください。"),
        ("ほんじつのかんたんなたいそうです。", "ほんじつのかんたんなたいそうで|す。"),
        ("12345678901234567890", "123456789012345|67890"),
        ("sustainability", "sustainability"),
        ("", ""),
    ],
)
def test_words_are_split_where_readers_expect_it(word: str, parts: str) -> None:
    assert split_word(word, _fits) == parts.split("|")


def test_an_address_gets_no_hyphen() -> None:
    assert "-" not in "".join(split_word("https://internationalizationsupport.example", _fits))


WORDS = st.text(st.characters(exclude_categories=["Cc", "Cs", "Cf", "Zs", "Zl", "Zp"]), max_size=60)


@given(st.one_of(WORDS, st.text("abcdefgtions/.@-_AB1", max_size=80)))
def test_the_parts_are_the_word_and_fit(word: str) -> None:
    parts = split_word(word, _fits)
    drawn = word if _fits(word) else "".join(grapheme_clusters(word))
    assert "".join(parts).replace("-", "") == drawn.replace("-", "")
    assert all(parts) or not drawn
    assert all(_fits(part) for part in parts if part.isascii())


def test_a_single_character_that_does_not_fit_is_a_part() -> None:
    assert split_word("abc", lambda text: False) == ["a", "b", "c"]
