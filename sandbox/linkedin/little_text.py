"""LinkedIn's "little" text: what is shown of a commentary.

Reserved characters speak in elements (a hashtag, a mention) and are escaped with a backslash everywhere else. The first
one that is neither ends the text without a word: the post goes live, shortened.
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
    """What readers see of a commentary."""
    pieces: list[str] = []
    position = 0
    while piece := _TOKEN.match(commentary, position):
        position = piece.end()
        pieces.append((piece["sign"] or "") + _ESCAPED.sub(r"\1", piece["tag"] or piece["name"] or piece[0]))
    return "".join(pieces)
