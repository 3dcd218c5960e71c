"""Limits and layout of post texts on TikTok."""

from typing import Final

from content_pipeline.core.platforms.text import TextFormat, TextRules, utf16_units

RULES: Final = TextRules(2200, size=utf16_units)
FORMAT: Final = TextFormat(
    sentences=5,
    separator="\n",  # the text lies over the video, and blank lines hide it
    caption_style="short",
    hashtags={"short": 3, "hashtag-heavy": 8, "long": 5, "plain": 0},
    calls_to_action={
        "en": "Follow for more.",
        "de": "Folge mir für mehr davon.",
        "fr": "Abonne-toi pour la suite.",
        "es": "Sígueme para más.",
        "pt": "Siga para mais.",
        "it": "Seguimi per altri contenuti.",
    },
)
