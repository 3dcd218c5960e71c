"""Terms of the glossary in tokens: shown as written, said as the glossary says."""

import pytest

from content_pipeline.core.media.glossary import GlossaryEntry
from content_pipeline.core.speech.term_pronunciation import pronounce, respell
from content_pipeline.core.speech.text_normalization import tokenize

GLOSSARY = (
    GlossaryEntry("Zyntraxo", pronunciation="zin track so"),
    GlossaryEntry("Acme Rocket", pronunciation="ack mee rock it"),
    GlossaryEntry("Acme Rocket Co.", pronunciation="ackmee"),
    GlossaryEntry("Shein", pronunciation="shine"),
    GlossaryEntry("PPM", pronunciation="peepem"),
    GlossaryEntry("東雲", pronunciation="しののめ"),
    GlossaryEntry("Olay"),
)


def said(script: str, language: str = "en") -> list[str]:
    return [token.spoken for token in pronounce(tokenize(script, language), GLOSSARY)]


@pytest.mark.parametrize(
    ("script", "spoken"),
    [
        ("Try Zyntraxo.", ["Try", "zin track so."]),
        ("ZYNTRAXO, or “zyntraxo’s”?", ["zin track so,", "or", "zin track so's?"]),
        ("pre-Zyntraxo-style 🔥", ["pre-zin track so-style", ""]),
        ("An Acme Rocket!", ["An", "ack mee", "rock it!"]),
        (
            "An Acme Rocket Co.’s! Or Acme Rocket Co, so",
            ["An", "ackmee's!", "", "", "Or", "ack mee", "rock it", "Co,", "so"],
        ),
        ("500 PPM", ["five hundred", "peepem"]),
        ("Shein and Olay", ["shine", "and", "o lay"]),  # before the list that comes along, and with it
        ("zyntraxos @zyntraxo zyntraxo.com", ["zyntraxos", "at zyntraxo", "zyntraxo dot com"]),
    ],
)
def test_english_terms_are_said_with_the_marks_and_endings_of_their_words(script: str, spoken: list[str]) -> None:
    assert said(script) == spoken


def test_terms_are_said_in_other_languages_too() -> None:
    assert said("Ich mag Zyntraxo, und l'Zyntraxo!", "de") == ["Ich", "mag", "zin track so,", "und", "l'zin track so!"]
    assert said("今日は東雲さんが、東雲に行く。", "ja") == ["今日は", "しののめさんが、", "しののめに", "行く。"]


@pytest.mark.parametrize(
    ("script", "language", "written"),
    [
        (
            "Try “Zyntraxo”, for $5 (ca. 3 min).\n\nAn Acme Rocket!  It's 🔥",
            "en",
            "Try zin track so, for $5 (ca. 3 min).\n\nAn ack mee rock it! It's 🔥",
        ),
        ("We are Acme Rocket Co., now", "en", "We are ackmee, now"),
        ("We are Acme Rocket Co.", "en", "We are ackmee."),
        ("Nothing  of it,\n 2026-01-02", "en", "Nothing  of it,\n 2026-01-02"),
        ("Ich mag l'Zyntraxo für 5 €.", "de", "Ich mag l'zin track so für 5 €."),
        ("今日は、東雲さんです。", "ja-JP", "今日は、しののめさんです。"),
        ("東雲 in English", "en", "東雲 in English"),
    ],
)
def test_a_script_is_respelled_for_voices_that_read_what_is_written(script: str, language: str, written: str) -> None:
    assert respell(script, language, GLOSSARY) == written


def test_what_is_shown_stays_as_written() -> None:
    script = "Try “Zyntraxo’s” Acme Rocket, 東雲!"
    assert " ".join(token.text for token in pronounce(tokenize(script, "en"), GLOSSARY)) == script
