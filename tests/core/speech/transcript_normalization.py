"""Normalizes scripts and transcripts before the word error rate, so that only wrong words count."""

import re

from content_pipeline.core.speech.text_normalization import tokenize


def canonical(text: str) -> str:
    """Lower-case English without punctuation: numbers and signs as words, no hyphens, spelled letters joined.

    Recognizers write "$1.2 million" where the script has "$1,200,000" and "Q. and A." where it has "Q&A".
    """
    spoken = " ".join(token.spoken for token in tokenize(text, "en")).lower().replace("-", " ")
    letters_and_words = re.sub(r"[^\w' ]", "", spoken)
    return " ".join(re.sub(r"\b(\w) (?=\w\b)", r"\1", letters_and_words).split())
