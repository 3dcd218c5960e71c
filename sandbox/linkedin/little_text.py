"""LinkedIn's "little text" format: renders a commentary as readers see it.

Reserved characters either belong to an element (hashtag, mention) or are escaped with a backslash. The first one that
does neither silently truncates the text: the post is published, shortened.
"""

import re
from typing import Final

MAX_COMMENTARY_CHARACTERS: Final = 3000

_RESERVED: Final = re.escape("|{}@[]()<>#*_~\\")
_TOKEN: Final = re.compile(
    rf"\{{hashtag\|\\?(?P<sign>[#＃])\|(?P<tag>(?:\\[{_RESERVED}]|[^{_RESERVED}\s])+)\}}"
    rf"|@\[(?P<name>(?:\\[{_RESERVED}]|[^{_RESERVED}])+)\]\(urn:li:(?:person|organization):[\w-]+\)"
    rf"|\\[{_RESERVED}]"
    rf"|[^{_RESERVED}]+"
)
_ESCAPED: Final = re.compile(rf"\\([{_RESERVED}])")


def render(commentary: str) -> str:
    """The text that readers see, truncated at the first invalid character."""
    parts: list[str] = []
    position = 0
    while token := _TOKEN.match(commentary, position):
        position = token.end()
        parts.append((token["sign"] or "") + _ESCAPED.sub(r"\1", token["tag"] or token["name"] or token[0]))
    return "".join(parts)
