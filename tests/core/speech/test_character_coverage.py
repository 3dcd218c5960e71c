"""Which characters the voices can say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_pipeline.core.speech.character_coverage import unspoken_character


@pytest.mark.parametrize(
    ("text", "language", "character"),
    [
        ("We love 寿司 here", "en", "寿"),
        ("Нello there", "en", "Н"),
        ("the λόγος of it", "en", "λ"),
        ("say ʃ aloud", "en", "ʃ"),
        ("Hola, かな", "es", "か"),
        ("Привет 你好", "ru", "你"),
        ("你好 かな", "zh", "か"),
    ],
)
def test_letters_of_other_scripts_are_found(text: str, language: str, character: str) -> None:
    assert unspoken_character(text, language, "espeak") == character


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Café naïve, Łódź, Dvořák, ﬁne, 𝗯𝗼𝗹𝗱 and Ｗｉｄｅ", "en"),
        ("2πr is 5 μg of α", "en"),
        ("¯\\_(ツ)_/¯ whatever 😍 ٣ € ½ № 5", "en"),
        ("Привет, iPhone и Wi-Fi", "ru"),
        ("नमस्ते दोस्तों, hello", "hi"),
        ("안녕하세요 BTS", "ko"),
        ("今日は東京タワー", "ja"),
        ("Tiếng Việt có dấu", "vi"),
    ],
)
def test_letters_of_the_language_and_latin_ones_are_said(text: str, language: str) -> None:
    assert unspoken_character(text, language, "hibari") is None


@pytest.mark.parametrize(
    ("text", "language", "sign"),
    [
        ("It costs ¤500", "en", "¤"),
        ("It costs ₠500", "en", "₠"),
        ("A ⊗ B ≈ C", "en", "⊗"),
        ("5㌔ to go", "en", "㌔"),
        ("値段は₠500です", "ja", "₠"),
        ("A⊗B", "ja", "⊗"),
        ("(a + b) ⊗ (c)", "en", "⊗"),
        ("we solve ∮x dx", "en", "∮"),
        ("x ≽ y", "en", "≽"),
    ],
)
def test_signs_that_have_no_reading_are_found(text: str, language: str, sign: str) -> None:
    assert unspoken_character(text, language, "hibari") == sign


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("₿5, ₽500, ₺5, ₴5, ₦5, ₫5, ﷼5, ₨5 and 5㎏", "en"),
        ("a ≈ b ≤ c ≥ d ≠ ∞, √9 × 2 ÷ 3 ± 1°, 5 µm, ∑ ∏ ∫ ∂", "en"),
        ("10⁻³ and 10⁺³, E = mc² ⁼ ₋", "en"),
        ("10⁻³", "ja"),
        ("A → B ⇒ C ▷ D ⋆ E • F ✓ ★ ⋯", "en"),
        ("今日は₿5、₽500、5㌔、√9≒3、±1°、∑、∞", "ja"),
        ("ありがとう(≧∇≦) すごい（´∀｀）", "ja"),
        ("Wow (⊙_⊙)", "en"),
        ("₊˚⊹♡ new post ♡⊹˚₊ ⟡hello⟡ ⊱ coffee ⊰ books ∷ music ∿∿∿ ⦿ one ⧉ two ⊹ three", "en"),
        ("my cat ≽^•⩊•^≼ says hi ≽(•⩊•)≼", "en"),
        ("⊗ ⊕ wow! ⊞⊟", "en"),
        ("₊˚⊹♡ かわいい ⟡ ≽^•⩊•^≼", "ja"),
        ("a < b, 3 × 4, $5, 25 °C, A → B 🔥", "en"),
        ("≪期間限定≫セール、03−1234−5678", "ja"),
        ("⊂(・∀・)⊃ (∩´∀｀)∩ ¬ ∧ ∨ ∃ ∇ ∂ ∪", "ja"),
        ("やった( ´∀｀) (´∀｀ ) ( ﾟ∀ﾟ) (°∀°) (*≧ω≦)", "ja"),
        ("Yay ( ´∀｀) (≧ω≦) (ﾟДﾟ)", "en"),
        ("東京→大阪⇒京都 ⋆ ジャン＝ジャック", "ja"),
        ("ﾊﾞﾅﾅとﾊﾟﾝ", "ja"),
        ("ﾟ･:*✧ soft vibes ✧*:･ﾟ", "en"),
        ("ﾟ･:*✧ かわいい", "ja"),
    ],
)
def test_signs_with_a_reading_are_said_and_decorations_are_silent(text: str, language: str) -> None:
    assert unspoken_character(text, language, "hibari") is None


def test_every_currency_of_today_has_a_name_in_english() -> None:
    signs = "".join(map(chr, range(0x20A0, 0x20C1))) + "$¢£¥֏؋৳฿៛﷼"
    # The euro before it was one, the livre tournois, the spesmilo, the mark of the north.
    assert [sign for sign in signs if unspoken_character(sign, "en", "hibari")] == list("₠₶₷₻")


def test_an_endpoint_says_all() -> None:
    assert unspoken_character("We love 寿司 for ¤5", "en", "endpoint") is None


@given(st.text(max_size=30), st.sampled_from(["en", "ja", "xx", "ar"]))
def test_what_is_found_is_a_letter_or_a_sign_of_the_text(text: str, language: str) -> None:
    found = unspoken_character(text, language, "hibari")
    assert found is None or (found in text and (found.isalpha() or not found.isascii()))
