"""Timed words for tests: a text spoken evenly, and Hypothesis strategies."""

from itertools import accumulate, pairwise

from hypothesis import strategies as st

from content_pipeline.core.media.timed_words import Word


def speak(text: str, *, language: str = "en", characters_a_second: float = 14, pause: float = 0.5) -> list[Word]:
    """Timed words of a text spoken evenly, with a pause after each sentence.

    Japanese and Chinese come character by character, as recognizers give them.
    """
    spaced = language not in ("ja", "zh", "th")
    words: list[Word] = []
    at = 0.0
    for token in text.split() if spaced else text:
        end = at + len(token) / characters_a_second
        words.append(Word(at, end, token, spaced))
        at = end + (pause if token[-1] in ".?!。" else 0.02)
    return words


_TOKENS = st.one_of(
    st.text("abcdefghijklmnopqrstuvwxyzäß'", min_size=1, max_size=14),
    st.sampled_from(
        ["and", "the", "of", "to", "Mr.", "end.", "so,", "why?", "今日", "は", "。", "天気", "नमस्ते", "مرحبا"]
    ),
)


@st.composite
def spoken_words(draw: st.DrawFn) -> list[Word]:
    """Ordered words without overlap, from a few milliseconds to two seconds long, some followed by pauses."""
    texts = draw(st.lists(_TOKENS, max_size=60))
    seconds = [
        draw(st.floats(0.05, 2.0)) + (draw(st.floats(0, 4)) if draw(st.integers(0, 5)) == 0 else 0) for _ in texts
    ]
    edges = pairwise(accumulate(seconds, initial=draw(st.floats(0, 3))))
    return [
        Word(start, end - draw(st.floats(0, 0.04)), text, draw(st.booleans()))
        for text, (start, end) in zip(texts, edges, strict=True)
    ]


@st.composite
def untidy_words(draw: st.DrawFn) -> list[Word]:
    """Invalid recognizer output: out of order, zero-length, negative, very long, blank."""
    times = st.floats(-5, 100)
    return draw(st.lists(st.builds(Word, times, times, st.text(max_size=60), st.booleans()), max_size=30))
