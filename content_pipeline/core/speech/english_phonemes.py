"""Phonemes of an English sentence by hibari's G2P."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from content_pipeline.core.speech.text_normalization import Token
from content_pipeline.core.speech.timed_symbols import FINAL_PUNCTUATION, SILENT_PHONEMES, Symbol

if TYPE_CHECKING:
    from hibari.g2p import G2P
else:
    G2P = Any


def phonemize(g2p: G2P, tokens: Sequence[Token]) -> list[Symbol]:
    """The symbols of a sentence, with its punctuation and spaces."""
    text = " ".join(token.spoken for token in tokens)
    token_of_word = [index for index, token in enumerate(tokens) for _ in token.spoken.split()]
    symbols: list[Symbol] = []
    word = 0
    for part in g2p.phonemize_tokens(g2p.tokenize(text if text.endswith(FINAL_PUNCTUATION) else f"{text}.")):
        for symbol in f"{part.phonemes or ''}{part.whitespace}":
            symbols.append(Symbol(symbol, None if symbol in SILENT_PHONEMES else token_of_word[word]))
        word += bool(part.whitespace)
    # The package takes the period of "plan B." for a part of the letter.
    if not symbols or symbols[-1].text not in FINAL_PUNCTUATION:
        symbols.append(Symbol(".", None))
    return symbols
