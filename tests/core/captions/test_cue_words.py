"""The words from which cues are made."""

from dataclasses import replace

from content_pipeline.core.captions import cue_words
from content_pipeline.core.media.timed_words import join_words
from content_pipeline.core.models import Caption
from tests.core.media.spoken_words import speak


def test_fillers_of_each_language_go() -> None:
    english, german = speak("Um, it is late."), speak("Ähm, ich gehe um acht.")
    words = (*english, *(replace(word, language="de") for word in german))
    caption = Caption(language="auto", spoken_language="en", words=words, remove_fillers=True)
    language, left = cue_words.prepare(caption)
    assert (language, join_words(left)) == ("en", "It is late. Ich gehe um acht.")
