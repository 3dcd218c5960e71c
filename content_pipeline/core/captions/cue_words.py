"""Input of cue segmentation: the words of the transcript, without fillers, in the requested Chinese script."""

from collections.abc import Sequence
from itertools import groupby

from content_pipeline.core.captions import translation
from content_pipeline.core.captions.filler_removal import remove_fillers
from content_pipeline.core.media.timed_words import Word
from content_pipeline.core.models import Caption
from content_pipeline.core.speech.languages import base_language
from content_pipeline.core.speech.recognition import chinese_script


def prepare(caption: Caption) -> tuple[str, Sequence[Word]]:
    """The words of a transcribed caption as its cues have them, and their language as a tag.

    The language is that of the captions (`text_language`) unless the language model has to translate them.
    """
    assert caption.words is not None
    words: Sequence[Word] = caption.words
    language = _language(caption)
    if caption.remove_fillers:
        runs = groupby(words, key=lambda word: word.language)
        words = [kept for other, run in runs for kept in remove_fillers(list(run), other or language)]
    script = chinese_script.demanded_script(caption.translate_to or "")
    if script and language == caption.translate_to:
        words = chinese_script.convert(words, script)
    return language, words


def _language(caption: Caption) -> str:
    target, spoken = caption.translate_to, caption.spoken_language
    if target is None or spoken is None or translation.is_by_whisper(target):
        return caption.text_language
    # Portuguese for "pt-BR" needs no translation.
    return target if base_language(spoken) == base_language(target) else spoken
