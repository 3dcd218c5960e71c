"""Limits and layout of post texts on YouTube."""

from typing import Final

from content_pipeline.core.platforms.text import TextFormat, TextRules, utf8_bytes

RULES: Final = TextRules(5000, title=100, forbidden="<>", size=utf8_bytes)
FORMAT: Final = TextFormat(
    sentences=3,
    hashtags={"short": 3, "hashtag-heavy": 12, "long": 5, "plain": 0},
    calls_to_action={
        "en": "Subscribe for more videos like this one.",
        "de": "Abonniere den Kanal für mehr davon.",
        "fr": "Abonne-toi pour d'autres vidéos comme celle-ci.",
        "es": "Suscríbete para ver más vídeos como este.",
        "pt": "Inscreva-se para ver mais vídeos como este.",
        "it": "Iscriviti per altri video come questo.",
    },
)
