"""Limits and layout of post texts on LinkedIn."""

from typing import Final

from content_pipeline.core.platforms.linkedin.little_text import escape
from content_pipeline.core.platforms.text import TextFormat, TextRules, utf16_units

# An emoji may count as two units there: the stricter reading is never refused.
RULES: Final = TextRules(3000, size=utf16_units, encode=escape)
FORMAT: Final = TextFormat(
    sentences=2,
    hashtags={"short": 3, "hashtag-heavy": 5, "long": 4, "plain": 0},
    calls_to_action={
        "en": "What is your experience? Tell me in the comments.",
        "de": "Wie sind Ihre Erfahrungen? Schreiben Sie es gern in die Kommentare.",
        "fr": "Et vous, quelle est votre expérience ? Dites-le en commentaire.",
        "es": "¿Cuál es tu experiencia? Cuéntamela en los comentarios.",
        "pt": "Qual é a sua experiência? Conte nos comentários.",
        "it": "Qual è la tua esperienza? Scrivila nei commenti.",
    },
)
