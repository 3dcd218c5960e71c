"""Limits and layout of post texts on Instagram."""

from typing import Final

from content_pipeline.core.platforms.text import TextFormat, TextRules

RULES: Final = TextRules(2200, hashtags=30, mentions=20)
FORMAT: Final = TextFormat(
    sentences=3,
    hashtags={"short": 3, "hashtag-heavy": 20, "long": 8, "plain": 0},
    calls_to_action={
        "en": "Save this for later, and share it with someone who needs it.",
        "de": "Speichere dir das für später, und teile es mit jemandem, der es braucht.",
        "fr": "Enregistre ce post pour plus tard et partage-le avec quelqu'un à qui il peut servir.",
        "es": "Guárdalo para después y compártelo con quien lo necesite.",
        "pt": "Salve para depois e compartilhe com quem precisa.",
        "it": "Salvalo per dopo e condividilo con chi ne ha bisogno.",
    },
)
