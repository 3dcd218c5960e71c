"""Calls to action, for scripts that end without one."""

import re
from typing import Final

from content_pipeline.core.platforms.registry import PLATFORMS

# Words of a last sentence that is a call to action already.
_CALL: Final = re.compile(
    r"[?？]|\b(?:follow|subscribe|comments?|share|save|tag|try|tell (?:me|us)|link in|abonnier|folg|kommentar|teile|"
    r"probier|speicher|abonne|partage|commentaire|enregistre|suscr|s[ií]gue|coment|compart|gu[aá]rda|inscrev|siga|"
    r"salve|condivid|iscriv|segui|salva)",
    re.IGNORECASE,
)


def call_to_action(platform: str, language: str, last_sentence: str) -> str:
    """The platform's call to action; "" where the script ends with one, or the language has none."""
    calls = PLATFORMS[platform].text_format.calls_to_action
    return "" if _CALL.search(last_sentence) else calls.get(language, "")
