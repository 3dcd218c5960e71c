"""Marks of the width of Chinese characters."""

import pytest

from content_pipeline.core.media.timed_words import Word, join_words
from content_pipeline.core.providers.full_width_punctuation import full_width


@pytest.mark.parametrize(
    ("heard", "written"),
    [
        (["指", "标,", "安", "全"], "指标，安全"),
        (["是", "吗?"], "是吗？"),
        (["80%", ",", "60%"], "80%，60%"),
        (["1,000", "人,", "12:30", "到!"], "1,000人，12:30到！"),
        (["API,", "但是"], "API，但是"),
        (["Hello,", "world!"], "Hello,world!"),
        ([], ""),
    ],
)
def test_a_mark_among_chinese_is_full_width_and_within_numbers_half(heard: list[str], written: str) -> None:
    words = [Word(at, at + 1, text, spaced=False) for at, text in enumerate(heard)]
    assert join_words(full_width(words)) == written
