"""Strips Markdown from scripts, leaving the text that it marks: headings, emphasis, links, lists, code, quotes, tables.

Rules of our own, because scripts are text that people typed: CommonMark keeps the asterisks of "**Tip:**Use" and drops
the sign of ">5". What is no markup stays: "2 * 3 * 4", "snake_case", "#hashtag", "f***", "1." of a numbered list.
"""

import re

_FENCE = re.compile(r"^[ \t]*(?:```|~~~)[^`\n]*$\n?", re.MULTILINE)
_RULE = re.compile(r"^[ \t]*(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,}|={3,})$", re.MULTILINE)
_TABLE_RULE = re.compile(r"^[ \t]*\|?(?:[ \t]*:?-+:?[ \t]*\|)+(?:[ \t]*:?-+:?)?[ \t]*$\n?", re.MULTILINE)
_TABLE_ROW = re.compile(r"^[ \t]*\|(.*)\|[ \t]*$", re.MULTILINE)
# Where a rule says that there is a table, its rows need no bars at their ends.
_LOOSE_ROW = re.compile(r"^(.*\|.*)$", re.MULTILINE)
_LINE_BREAK = re.compile(r"<br[ \t]*/?>", re.IGNORECASE)
# Signs at the start of a line: of headings, quotes and bullets, which may be nested, and of tasks.
_LINE_START = re.compile(
    r"^[ \t]*(?:#{1,6}[ \t]+|>+[ \t]+|>+(?=[^\W\d_])|[-*+•‣◦▪][ \t]+(?!\d+[ \t]*[-+*=/])|\[[ xX]\][ \t]+)+",
    re.MULTILINE,
)
_HEADING_END = re.compile(r"(?<=\S)[ \t]+#{1,6}[ \t]*$", re.MULTILINE)
_TAG = re.compile(
    r"</?(?:a|b|big|blockquote|center|code|del|details|div|em|font|h[1-6]|hr|i|img|ins|kbd|li|mark|ol|p|pre|s|small|span"
    r"|strong|sub|summary|sup|u|ul)(?:[ \t][^<>\n]*)?/?>|<!--.*?-->",
    re.IGNORECASE,
)
_LINK = re.compile(r"!?\[([^\[\]\n]+)\]\((?:[^\s()]|\([^\s()]*\))*(?:[ \t]+[\"'][^\"'\n]*[\"'])?\)")
_AUTOLINK = re.compile(r"<((?:https?://|mailto:)[^\s<>]+)>")
# What is taken as it is: code, escaped signs (not of the shrug), web addresses, handles and tags.
_VERBATIM = re.compile(
    r"(?<!`)(?P<ticks>`{1,3})(?!`)(?P<code>[^\n]{1,500}?)(?<!`)(?P=ticks)(?!`)|(?<!¯)\\(?P<escaped>[\\`*_{}\[\]()#+.!|~>-])"
    r"|(?P<address>https?://[^\s*]+|[@#]\w+)"
)
_EMPHASIS = (
    # An asterisk opens after no letter and before no blank: "s**t" and "5*3*2" have none.
    re.compile(r"(?<![A-Za-z0-9*\\])(\*{1,3})(?=[^\s*])([^\n]{1,500}?)(?<=[^\s*])\1(?!\*)"),
    re.compile(r"(?<![^\s(\[\"'“*~=—-])(_{1,3})(?=[^\s_])([^\n]{1,500}?)(?<=[^\s_])\1(?!\w)"),
    re.compile(r"(~~|==)(?=[^\s~=])([^\n]{1,500}?)(?<=[^\s~=])\1"),
)
_MARKUP = re.compile(r"[*_`~=#>|\\\[<•‣◦▪]|^[ \t]*[-+][ \t]|^[ \t]*-{3}", re.MULTILINE)
# Signs in verbatim text are hidden behind noncharacters while emphasis is looked for.
_SIGNS = "*_~=\\"
_HIDE = str.maketrans({sign: chr(0xFDD0 + index) for index, sign in enumerate(_SIGNS)})
_SHOW = str.maketrans({chr(0xFDD0 + index): sign for index, sign in enumerate(_SIGNS)})


def strip_markdown(script: str) -> str:
    """The script without its markup; lines stay lines, and the cells of a table become a list with commas."""
    if not _MARKUP.search(script):
        return script
    text = _FENCE.sub("", _LINE_BREAK.sub("\n", script.replace("\r\n", "\n")))
    text, tables = _TABLE_RULE.subn("", text)
    text = (_LOOSE_ROW if tables else _TABLE_ROW).sub(_read_row, _RULE.sub("", text))
    text = _HEADING_END.sub("", _LINE_START.sub("", text))
    text = _LINK.sub(r"\1", _AUTOLINK.sub(r"\1", _TAG.sub("", text)))
    text = _VERBATIM.sub(_hide_signs, text)
    for pattern in _EMPHASIS:
        text = _strip_nested(pattern, text)
    return text.translate(_SHOW)


def _read_row(match: re.Match[str]) -> str:
    return ", ".join(filter(None, (cell.strip() for cell in match[1].split("|"))))


def _hide_signs(match: re.Match[str]) -> str:
    return (match["code"] or match["escaped"] or match["address"]).translate(_HIDE)


def _strip_nested(pattern: re.Pattern[str], text: str) -> str:
    """Emphasis within emphasis is one level deeper at each turn; nobody writes more than three."""
    for _ in range(3):
        text, found = pattern.subn(r"\2", text)
        if not found:
            break
    return text
