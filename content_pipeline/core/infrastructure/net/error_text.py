"""Error messages of other servers, sanitized so that they can be stored and shown."""

import re
from typing import Final

from content_pipeline.core.infrastructure.net.storable_text import storable

_MOST_CHARACTERS: Final = 300
_ADDRESS: Final = re.compile(r"https?://\S+")
# Platforms repeat the token that they refuse ("Malformed access token IGAA…"), and a signed link is one too. No word of
# a language and no post id is as long.
_SECRET: Final = re.compile(r"[\w\-.~%|+/=]{41,}")


def platform_message(text: object) -> str:
    """A platform's message as one sentence of at most 300 characters that can be stored, without URLs and anything that
    may be a token."""
    shown = _SECRET.sub("…", _ADDRESS.sub("…", " ".join(storable(str(text or "")).split())))
    if len(shown) > _MOST_CHARACTERS:
        shown = shown[: _MOST_CHARACTERS - 1] + "…"
    return shown if not shown or shown.endswith((".", "!", "?", "…")) else shown + "."
