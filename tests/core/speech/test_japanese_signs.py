"""What is said for signs in Japanese."""

import pytest

from content_pipeline.core.speech.text_normalization import tokenize


@pytest.mark.parametrize(
    ("script", "spoken"),
    [
        ("$5です。", "5ドルです。"),
        ("$5万と＄20", "5万ドルと20ドル"),
        ("US$1,299.50", "1,299.50米ドル"),
        ("€5、5€", "5ユーロ、5ユーロ"),
        ("￥500", "500円"),
        ("$とUS$と===", "ドルとUSドルと==="),
        ("₿0.5", "0.5ビットコイン"),
        ("25°Cと25℃と90°", "25度と25度と90度"),
        ("10⁻³", "10マイナス³"),
        ("√9＋±1", "ルート9＋プラスマイナス1"),
        ("1+1=2", "1+1イコール2"),
        ("5−3=2、5−3＝2", "5マイナス3イコール2、5マイナス3＝2"),
        ("気温は−5度、（−５）", "気温はマイナス5度、（マイナス５）"),
        ("−$5と√−1", "マイナス5ドルとルートマイナス1"),
        ("03−1234−5678", "03−1234−5678"),
        ("1−2−3と2020−2024とA−5", "1−2−3と2020−2024とA−5"),
        ("値段は$5.送料無料", "値段は5ドル.送料無料"),
        ("$5, $6", "5ドル,6ドル"),
        ("≪期間限定≫セール", "≪期間限定≫セール"),
        ("₊˚⊹♡かわいい、10⁺³", "˚⊹ かわいい、10⁺³"),
        ("A→B、a<b", "A→B、a<b"),
        ("ジャン＝ジャック", "ジャン＝ジャック"),
        ("5㌔と5㎏", "5㌔と5㎏"),
        ("5%と3×4", "5%と3×4"),
    ],
)
def test_signs_are_said_by_their_names_and_currencies_behind_their_amounts(script: str, spoken: str) -> None:
    tokens = tokenize(script, "ja")
    assert "".join(token.spoken for token in tokens) == spoken
    assert "".join(token.text for token in tokens) == script.replace(" ", "")


def test_other_languages_keep_their_signs() -> None:
    assert [token.spoken for token in tokenize("cuesta $5", "es")] == ["cuesta", "$5"]
