"""Punctuation that is taken from a second pass."""

import pytest

from content_pipeline.core.media.timed_words import Word, join_words
from content_pipeline.core.speech.recognition.heard_punctuation import with_punctuation


def words(text: str) -> list[Word]:
    """Words of the tokens between bars, timed by their place; one that begins with a blank is spaced."""
    return [
        Word(at, at + 1, token.strip(), spaced=token.startswith(" "))
        for at, token in enumerate(text.split("|"))
        if token
    ]


@pytest.mark.parametrize(
    ("heard", "after_the_example", "written"),
    [
        ("今|天|很|好|我|们|去", "今|天|很|好，|我|们|去。", "今天很好，我们去。"),
        ("今|天|很|好| 我|们|去", "今|天|很|好|。|我|们|去", "今天很好。我们去"),
        ("今|天|很|好|,|我|们|去", "今|天|很|好。|我|们|去！", "今天很好。我们去！"),
        # Other characters are not taken, nor is what was made up.
        ("实|现|利|润", "时|现|立|任，", "实现利润，"),
        ("换|一|首|歌", "你|好，|请|坐。|换|一|首|歌。", "换一首歌。"),
        ("我|说|不|清|楚", "我|有|的|时|候|说|不|清|楚，", "我说不清楚，"),
        # Whole sentences that the other pass left out stay as they are.
        ("他|来|了,| 我|走", "我|走。", "他来了,我走。"),
        # Scripts differ.
        ("廣|州|市|後|來", "广|州|市，|后|来？", "廣州市，後來？"),
        # Within a word no mark is put, nor one within a number.
        ("音乐|好|听", "音，|乐|好|听。", "音乐好听。"),
        ("用| API| Gateway|吧", "用| API，| Gateway|吧。", "用 API， Gateway吧。"),
        ("", "你|好。", ""),
        ("你|好", "", "你好"),
    ],
)
def test_marks_are_taken_and_nothing_else(heard: str, after_the_example: str, written: str) -> None:
    assert join_words(with_punctuation(words(heard), words(after_the_example))) == written


def test_words_keep_their_times() -> None:
    heard = words("今|天|很|好| 我|们|去")
    punctuated = with_punctuation(heard, [*words("今|天|很|好，|我|们|去。")])
    assert [(word.start, word.end) for word in punctuated] == [(word.start, word.end) for word in heard]


def test_a_recording_of_five_minutes_in_which_one_word_is_repeated_is_done_at_once() -> None:
    heard = words("|".join("哈" * 1500))
    assert join_words(with_punctuation(heard, words("|".join("哈" * 1499) + "，"))).count("，") == 1
