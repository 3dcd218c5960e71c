"""LinkedIn's little-text format: reserved characters escaped, hashtags as elements of their own."""

import re
from typing import Final

from content_pipeline.core.platforms.hashtags import HASHTAG

# LinkedIn silently drops the rest of a post after an unescaped one of these characters.
_RESERVED: Final = re.compile(r"[|{}@\[\]()<>#*_~\\]")


def escape(text: str) -> str:
    r"""The text as `commentary` takes it: "#AI (new)" is "{hashtag|\#|AI} \(new\)"."""
    parts, at = [], 0
    for hashtag in HASHTAG.finditer(text):
        parts += [_escaped(text[at : hashtag.start()]), rf"{{hashtag|\#|{_escaped(hashtag[1])}}}"]
        at = hashtag.end()
    return "".join([*parts, _escaped(text[at:])])


def _escaped(text: str) -> str:
    return _RESERVED.sub(r"\\\g<0>", text)
