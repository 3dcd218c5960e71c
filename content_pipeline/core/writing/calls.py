"""Calls to action, for scripts that end without one."""

import re
from typing import Final

from content_pipeline.core.platforms.names import Platform

_CALLS: Final[dict[str, dict[Platform, str]]] = {
    "en": {
        "instagram": "Save this for later, and share it with someone who needs it.",
        "tiktok": "Follow for more.",
        "linkedin": "What is your experience? Tell me in the comments.",
        "youtube": "Subscribe for more videos like this one.",
    },
    "de": {
        "instagram": "Speichere dir das für später, und teile es mit jemandem, der es braucht.",
        "tiktok": "Folge mir für mehr davon.",
        "linkedin": "Wie sind Ihre Erfahrungen? Schreiben Sie es gern in die Kommentare.",
        "youtube": "Abonniere den Kanal für mehr davon.",
    },
    "fr": {
        "instagram": "Enregistre ce post pour plus tard et partage-le avec quelqu'un à qui il peut servir.",
        "tiktok": "Abonne-toi pour la suite.",
        "linkedin": "Et vous, quelle est votre expérience ? Dites-le en commentaire.",
        "youtube": "Abonne-toi pour d'autres vidéos comme celle-ci.",
    },
    "es": {
        "instagram": "Guárdalo para después y compártelo con quien lo necesite.",
        "tiktok": "Sígueme para más.",
        "linkedin": "¿Cuál es tu experiencia? Cuéntamela en los comentarios.",
        "youtube": "Suscríbete para ver más vídeos como este.",
    },
    "pt": {
        "instagram": "Salve para depois e compartilhe com quem precisa.",
        "tiktok": "Siga para mais.",
        "linkedin": "Qual é a sua experiência? Conte nos comentários.",
        "youtube": "Inscreva-se para ver mais vídeos como este.",
    },
    "it": {
        "instagram": "Salvalo per dopo e condividilo con chi ne ha bisogno.",
        "tiktok": "Seguimi per altri contenuti.",
        "linkedin": "Qual è la tua esperienza? Scrivila nei commenti.",
        "youtube": "Iscriviti per altri video come questo.",
    },
}
# A script that asks its viewers for something needs no second wish.
_ASKS: Final = re.compile(
    r"[?？]|\b(?:follow|subscribe|comments?|share|save|tag|try|tell (?:me|us)|link in|abonnier|folg|kommentar|teile|"
    r"probier|speicher|abonne|partage|commentaire|enregistre|suscr|s[ií]gue|coment|compart|gu[aá]rda|inscrev|siga|"
    r"salve|condivid|iscriv|segui|salva)",
    re.IGNORECASE,
)


def call(platform: Platform, language: str, last_sentence: str) -> str:
    """What the viewer is asked to do; nothing where the script asks already, or in a language without words for it."""
    return "" if _ASKS.search(last_sentence) else _CALLS.get(language, {}).get(platform, "")
