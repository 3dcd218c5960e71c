"""Hotwords for Whisper: the terms of a vocabulary in the prompt of each window, beside the text of the one before.

Loads the engine: import it where a model is loaded.
"""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import Any, Final

from faster_whisper import WhisperModel

# 50 made-up names take about 205. Of 448 half are for what is decoded, as without a vocabulary.
_MAX_VOCABULARY_TOKENS: Final = 210


class WhisperWithVocabulary(WhisperModel):  # type: ignore[misc]  # the library has no types
    """A model whose prompt has room for hotwords.

    The library gives hotwords and the text before 223 tokens each, so that nothing is left for the window's own text.
    """

    def get_prompt(
        self,
        tokenizer: Any,
        previous_tokens: list[int],
        without_timestamps: bool = False,
        prefix: str | None = None,
        hotwords: str | None = None,
    ) -> list[int]:
        room = self.max_length // 2 - 1 - (len(tokenizer.encode(f" {hotwords}")) if hotwords else 0)
        prompt: list[int] = super().get_prompt(
            tokenizer, previous_tokens[-room:], without_timestamps=without_timestamps, prefix=prefix, hotwords=hotwords
        )
        return prompt

    def hotwords(self, vocabulary: Sequence[str]) -> str | None:
        """A list of as many of the terms as have room, the first ones first; None without any.

        It ends with a period: a list without one is taken for the beginning of the first sentence.
        """
        sizes = (len(self.hf_tokenizer.encode(f" {term},", add_special_tokens=False).ids) for term in vocabulary)
        told = bisect_right(list(accumulate(sizes)), _MAX_VOCABULARY_TOKENS)
        return f"{', '.join(vocabulary[:told])}." if told else None
