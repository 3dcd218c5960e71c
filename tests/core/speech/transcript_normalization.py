"""One way of writing for what was to be said and what was heard, so that only wrong words count as wrong."""

import re

from content_pipeline.core.speech.text_normalization import tokenize


def canonical(text: str) -> str:
    """English in small letters without punctuation: numbers and signs as words, no hyphens, spelled letters joined.

    Recognisers write "$1.2 million" where the script has "$1,200,000" and "Q. and A." where it has "Q&A".
    """
    spoken = " ".join(token.spoken for token in tokenize(text, "en")).lower().replace("-", " ")
    letters_and_words = re.sub(r"[^\w' ]", "", spoken)
    return " ".join(re.sub(r"\b(\w) (?=\w\b)", r"\1", letters_and_words).split())
