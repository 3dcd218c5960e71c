"""Marks of the width of Chinese and Japanese characters."""

import pytest

from content_pipeline.core.media.timed_words import Word, join_words
from content_pipeline.core.speech.recognition.full_width_punctuation import full_width


@pytest.mark.parametrize(
    ("heard", "language", "written"),
    [
        (["指", "标,", "安", "全"], "zh", "指标，安全"),
        (["是", "吗?"], "zh", "是吗？"),
        (["係", "咩?"], "yue", "係咩？"),
        (["80%", ",", "60%"], "zh", "80%，60%"),
        (["1,000", "人,", "12:30", "到!"], "zh", "1,000人，12:30到！"),
        (["API,", "但是"], "zh", "API，但是"),
        (["夏目", "さん", "かな?", "は", "い,", "1,000", "円"], "ja", "夏目さんかな？はい、1,000円"),
        (["Hello,", "world!"], "zh", "Hello,world!"),
        (["진짜?", "네,"], "ko", "진짜?네,"),
        ([], "zh", ""),
    ],
)
def test_a_mark_among_full_width_characters_is_full_width_and_within_numbers_half(
    heard: list[str], language: str, written: str
) -> None:
    words = [Word(at, at + 1, text, spaced=False) for at, text in enumerate(heard)]
    assert join_words(full_width(words, language)) == written
