"""Markdown in scripts: what is markup goes, what only looks like it stays."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from content_pipeline.core.speech.markdown import strip_markdown
from content_pipeline.core.speech.text_normalization import is_speakable, tokenize

MARKED = [
    ("# Title\n## Part ##\nText", "Title\nPart\nText"),
    ("Title\n=====\nText", "Title\n\nText"),
    ("**bold**, *it*, ***both***, __bold__, _it_", "bold, it, both, bold, it"),
    ("**a *b* c**", "a b c"),
    ("**Tip 1:**Use it", "Tip 1:Use it"),
    ("**Q:** How? **A:** So.", "Q: How? A: So."),
    ("これは**太字**です", "これは太字です"),
    ("~~old~~ ==new==", "old new"),
    ('[a link](https://a.b/c_d "title") and ![a picture](x.png)', "a link and a picture"),
    ("<https://a.b/c>", "https://a.b/c"),
    ("- one\n* two\n+ three\n• four\n  - five", "one\ntwo\nthree\nfour\nfive"),
    ("- [ ] todo\n- [x] done", "todo\ndone"),
    ("> quote\n>> nested\n>again", "quote\nnested\nagain"),
    ("`snake_case *x*` and ``a`b``", "snake_case *x* and a`b"),
    ("```python\nprint(1)\n```\nend", "print(1)\nend"),
    ("| A | B |\n|---|:-:|\n| 1 | 2 |", "A, B\n1, 2"),
    ("A | B\n--- | ---\n1 | 2", "A, B\n1, 2"),
    (r"\*not\* \# this", "*not* # this"),
    ("one\n\n---\n\ntwo", "one\n\n\n\ntwo"),
    ("<b>bold</b><br/>next <!-- note -->", "bold\nnext "),
]
UNMARKED = [
    "2 * 3 * 4 = 24",
    "snake_case_name and __private",
    "#hashtag #1 and C#",
    "f*** you s**t 5*3*2",
    "*Terms apply. *Void in Ohio",
    "1. Do this\n2) Do that",
    ">5 people paid $5* or $6*",
    "-5 degrees, - 5 - 3 = -8",
    "- 5 - 3 = 2",
    "x <3 y, a < b > c",
    "¯\\_(ツ)_/¯ and (^_^)",
    "C:\\temp\\new {\\an8}",
    "https://a.b/x_y_z_ and @my_creator_",
    "[1] and [pause] (really)",
    "a ** b and **unclosed",
]


@pytest.mark.parametrize(("script", "plain"), MARKED)
def test_markup_goes_and_its_text_stays(script: str, plain: str) -> None:
    assert strip_markdown(script) == plain


@pytest.mark.parametrize("script", UNMARKED)
def test_what_only_looks_like_markup_stays(script: str) -> None:
    assert strip_markdown(script) == script


def test_markup_is_neither_shown_nor_said() -> None:
    tokens = tokenize("## Three **big** tips\n- [Read](https://a.b) `this`", "en")
    assert [token.text for token in tokens] == ["Three", "big", "tips", "Read", "this"]
    assert [token.spoken for token in tokens] == ["Three", "big", "tips.", "Read", "this"]


def test_markup_alone_says_nothing() -> None:
    assert not is_speakable("```python\n```\n---\n<b></b>", "en")


SIGNS = st.lists(st.sampled_from([*"*_`~=#>|\\[]()<-+ \n1ab", "**", "](", "| ", "```"]), max_size=60).map("".join)


@given(st.one_of(st.text(max_size=60), SIGNS))
@example("`" * 5000)
@example("**a " * 1250)
@example("[a](" * 1200)
@example("<a " * 1600)
@example("| " * 2500)
@settings(deadline=None)
def test_letters_of_plain_text_are_kept(script: str) -> None:
    kept = strip_markdown(f"{script}\n\nplain words")
    assert kept.endswith("plain words")


@pytest.mark.parametrize("signs", ["`", "**a ", "_a ", "[a](", "<a ", "| ", "> ", "- ", "~~a ", "*a", "\\"])
def test_a_long_row_of_signs_is_read_at_once(signs: str) -> None:
    """Signs without an end once took minutes: 5,000 backticks 280 s."""
    assert strip_markdown(signs * 5000).count("a") == (signs * 5000).count("a")
