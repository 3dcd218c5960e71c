"""Line breaking at emoji: those that lead the words after them, as bullets do, and those that follow words."""

from collections.abc import Sequence

from content_pipeline.core.media.emoji_sequences import without_emoji

# Marks of lists, and hands and arrows that point at what follows. Keycaps are the numbers of lists.
_BULLETS = tuple("✅☑✔❌✖➡▶👉🔹🔸🔷🔶📌")
_KEYCAP = "\u20e3"


def find_leading_and_trailing(texts: Sequence[str]) -> tuple[set[int], set[int]]:
    """The indices of words that are only emoji: those that lead the words after them, and all others.

    An emoji in front of everything leads, too.
    """
    emoji = {index for index, text in enumerate(texts) if _is_emoji(text)}
    leading = {index for index in emoji if index == 0 or texts[index].startswith(_BULLETS) or _KEYCAP in texts[index]}
    return leading, emoji - leading


def _is_emoji(text: str) -> bool:
    remaining = without_emoji(text)
    return remaining != text and not any(map(str.isalnum, remaining))
