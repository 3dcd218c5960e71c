"""Text normalization of URLs, email addresses, handles and hashtags."""

import re

from content_pipeline.core.speech.english.symbols import spell

_NAMES = {".": "dot", "/": "slash", "@": "at", "-": "dash", "_": "underscore", "+": "plus", "~": "tilde"}
# TLDs that are spelled out; "com", "net", "org", "app" and most others are read as words.
_SPELLED = {"io", "ai", "tv", "uk", "us", "eu", "fm", "gg", "me.uk"}

_LABEL = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_MAIL = re.compile(rf"(?:mailto:)?([\w.+-]+@(?:{_LABEL}\.)+[a-z]{{2,}})", re.IGNORECASE)
# Without a scheme, lower case only: "end.Next" is two sentences.
_WEB = re.compile(
    r"(?:(?i:https?://)(?:www\.)?(?P<full>(?=[^\s?#]*[^\W_])[^\s?#]+)"
    rf"|(?:www\.)?(?P<bare>(?:{_LABEL}\.)+[a-z]{{2,}}(?:/[^\s?#]*)?))"
    r"(?:[?#]\S*)?"
)
_ENDING = re.compile(r"\.([a-z]{2,})")
_HANDLE = re.compile(r"@(\w[\w.-]*)")
_HASHTAG = re.compile(r"#(?=\w*[^\W\d])(\w+)")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z0-9])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[0-9])(?=[A-Za-z])")


def mail_address(text: str) -> str | None:
    """The reading of a mail address; None if it is none."""
    match = _MAIL.fullmatch(text)
    return _read(match[1]) if match else None


def web_address(text: str) -> str | None:
    """The reading of a web address, without scheme, "www" and query; None if it is none."""
    match = _WEB.fullmatch(text)
    return _read((match["full"] or match["bare"]).rstrip("/")) if match else None


def address_ending(text: str) -> str | None:
    """The reading of ".com"; None if it is none."""
    match = _ENDING.fullmatch(text)
    return f"dot {_part(match[1])}" if match else None


def handle(text: str) -> str | None:
    """The reading of "@my_creator": "at my creator"; None if it is no handle."""
    match = _HANDLE.fullmatch(text)
    return "at " + spell(words_of_name(match[1]), {".": "dot"}) if match else None


def hashtag(text: str) -> str | None:
    """The reading of "#AIContent": "AI Content"; None if it is no hashtag."""
    match = _HASHTAG.fullmatch(text)
    return spell(words_of_name(match[1])) if match else None


def words_of_name(name: str) -> str:
    """Split a compound identifier into words: "my_creator", "AIContent"."""
    return _CAMEL.sub(" ", name.replace("_", " "))


def _read(address: str) -> str:
    return " ".join(filter(None, (_part(part) for part in re.split(r"([./@_+~-])", address))))


def _part(part: str) -> str:
    if part in _NAMES:
        return _NAMES[part]
    return part.upper() if part in _SPELLED else spell(words_of_name(part))
