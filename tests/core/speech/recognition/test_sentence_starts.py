"""The first token of a sentence, which Whisper may time before a pause."""

import pytest

from content_pipeline.core.media.cue_segmentation import segment
from content_pipeline.core.media.timed_words import Word
from content_pipeline.core.speech.recognition.sentence_starts import after_their_pause


def words(*texts: str, pause_after: int, seconds: float) -> list[Word]:
    """Words of half a second; one that begins with a blank is spaced; after one of them is a pause."""
    return [
        Word(at / 2 + late, at / 2 + 0.5 + late, text.strip(), spaced=text.startswith(" "))
        for at, text in enumerate(texts)
        for late in [seconds if at > pause_after else 0.0]
    ]


def test_the_first_token_of_a_sentence_is_in_the_cue_of_the_others() -> None:
    heard = words("確認", "しましょう。", "エ", "キン", "の", "案内", pause_after=2, seconds=9.0)
    cues = segment(after_their_pause(heard), language="ja", duration=13.0)
    assert [cue.text for cue in cues] == ["確認しましょう。", "エキンの案内"]
    assert cues[1].start == heard[3].start


@pytest.mark.parametrize(
    ("texts", "pause_after", "seconds"),
    [
        (["確認", "しましょう。", "エ", "キン"], 2, 2.0),  # a short pause
        (["確認", "しましょう", "エ", "キン"], 2, 9.0),  # within a sentence
        (["確認", "しましょう。", "はい。", "キン"], 2, 9.0),  # a sentence of one word
        (["確認", "しましょう。", "エ", " キン"], 2, 9.0),  # a clause of its own
        (["Sure.", " Well", " yes"], 1, 9.0),  # a word of its own
    ],
)
def test_other_words_stay_where_they_are(texts: list[str], pause_after: int, seconds: float) -> None:
    heard = words(*texts, pause_after=pause_after, seconds=seconds)
    assert after_their_pause(heard) == heard
