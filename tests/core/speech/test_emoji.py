"""Emoji are not read aloud."""

import pytest

from content_pipeline.core.speech.emoji import strip_emoji
from content_pipeline.core.speech.text_normalization import tokenize

# With blanks, letters and hands.
FACES = ["( ´∀｀)", "(´∀｀ )", "( ﾟ∀ﾟ)", "(°∀°)", "(≧ω≦)", "(*≧ω≦)", "(　´∀｀)", "(ﾟДﾟ)", "⊂(・∀・)⊃", "(∩´∀｀)∩"]
TEXTS = ["(25 °C)", "(ω ≈ 5)", "(a ≤ b)", "(a ∩ b)", "A∩(B ∪ C)", "( → )", "(ω)", "(3 × 4)", "($5 €6)"]


@pytest.mark.parametrize(
    "emoji", ["😀", "👩🏽‍🚀", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "🇩🇪", "1️⃣", "ℹ️", "❤️‍🔥", "👍🏽", "\U0001faea", "\U0001faff", "™️", "🇩"]
)
def test_nothing_of_an_emoji_is_left(emoji: str) -> None:
    assert strip_emoji(f"a{emoji}b").split() == ["a", "b"]


def test_marks_that_end_a_sentence_do_so_as_emoji_too() -> None:
    assert strip_emoji("Stop‼️") == "Stop‼"
    assert strip_emoji("What⁉️") == "What⁉"


def test_an_emoji_is_in_one_token_of_a_script_without_spaces() -> None:
    script = "👩🏽‍🚀" * 9 + "新しいアプリ🏴󠁧󠁢󠁥󠁮󠁧󠁿ができました👨‍👩‍👧‍👦ぜひ"
    texts = [token.text for token in tokenize(script, "ja")]
    assert "".join(texts) == script
    assert sum(text.count("👩🏽‍🚀") for text in texts) == 9
    assert any("🏴󠁧󠁢󠁥󠁮󠁧󠁿" in text for text in texts)
    assert any("👨‍👩‍👧‍👦" in text for text in texts)


@pytest.mark.parametrize("face", ["(≧∇≦)", "（´∀｀）", "(・∀・)", "(⊙_⊙)", "(ﾟ∀ﾟ)", *FACES])
def test_a_face_of_signs_is_shown_and_not_said(face: str) -> None:
    assert strip_emoji(f"a {face} b").split() == ["a", "b"]
    tokens = tokenize(f"すごい{face}です。", "ja")
    assert "".join(token.text for token in tokens) == f"すごい{''.join(face.split())}です。"
    assert "".join(token.spoken.replace(" ", "") for token in tokens) == "すごいです。"
    assert [token.spoken for token in tokenize(f"Wow {face} yes", "en")] == ["Wow", "", "yes"]


@pytest.mark.parametrize("text", ["(+/-)", "(±)", "(€€)", "(≈5)", "(25°)", "(…)", "(!?)", *TEXTS])
def test_signs_in_parentheses_are_text(text: str) -> None:
    assert strip_emoji(text) == text
