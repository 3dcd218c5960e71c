"""Shortens and cleans post texts to fit their platform's rules."""

import re
import unicodedata
from typing import Final

from content_pipeline.core.platforms.hashtags import HASHTAG, MENTION, distinct
from content_pipeline.core.platforms.registry import PLATFORMS
from content_pipeline.core.platforms.text import TextRules
from content_pipeline.core.writing.post import PostText
from content_pipeline.core.writing.sentences import shorten

# Angle brackets that no platform reads as markup.
_HARMLESS: Final = {"<": "‹", ">": "›"}
_UNTITLED: Final = "Untitled"


def fit(platform: str, post: PostText, *, ending: str = "") -> PostText:
    """As much of the post as the platform's rules allow; a post within the rules is unchanged.

    Text is shortened before hashtags, as long as these take less than half of the limit. `ending` is a short last
    paragraph that is kept whole.
    """
    rules = PLATFORMS[platform].text_rules
    text, hashtags = _limit_tags(rules, _clean(rules, post.text), distinct(post.hashtags))
    tail = "".join(f"\n\n{part}" for part in (_clean(rules, ending), _line(hashtags)) if part)
    text = shorten(text, rules.characters - rules.measure(tail), rules.measure)
    text = "\n\n".join(part for part in (text, _clean(rules, ending)) if part)
    return PostText(title=_title(rules, post), text=text, hashtags=hashtags)


def _clean(rules: TextRules, text: str) -> str:
    """The text without control characters, and without what the platform forbids."""
    kept = "".join(
        character for character in text if character in "\n\t" or unicodedata.category(character) not in ("Cc", "Cs")
    )
    return kept.translate({ord(mark): _HARMLESS[mark] for mark in rules.forbidden}).strip()


def _limit_tags(rules: TextRules, text: str, hashtags: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Limits hashtags and mentions to what the platform allows, without repeats; those of the text come first."""
    if rules.mentions is not None:
        text = _strip_marks(text, MENTION, rules.mentions)
    if rules.hashtags is not None:
        text = _strip_marks(text, HASHTAG, rules.hashtags)
    written = [found.casefold() for found in HASHTAG.findall(text)]
    hashtags = tuple(hashtag for hashtag in hashtags if hashtag.casefold() not in written)
    if rules.hashtags is not None:
        hashtags = hashtags[: rules.hashtags - len(written)]
    while rules.measure(_line(hashtags)) > rules.characters // 2:
        hashtags = hashtags[:-1]
    return text, hashtags


def _strip_marks(text: str, pattern: re.Pattern[str], most: int) -> str:
    """The text with all but its first `most` hashtags or mentions as plain words."""
    parts, at = [], 0
    for match in list(pattern.finditer(text))[most:]:
        marks = len(match[0]) - len(match[0].lstrip("#＃@"))
        parts.append(text[at : match.start()])
        if match.start() and not text[match.start() - 1].isspace():
            parts.append(" ")  # or "@#word" became a mention
        at = match.start() + marks
    return "".join([*parts, text[at:]])


def _line(hashtags: tuple[str, ...]) -> str:
    return " ".join(f"#{tag}" for tag in hashtags)


def _title(rules: TextRules, post: PostText) -> str | None:
    """The title in one line; the beginning of the text where a title is required and missing."""
    if rules.title is None:
        return None
    line = " ".join((_clean(rules, post.title or "") or _clean(rules, post.text)).split())
    return shorten(line, rules.title) or _UNTITLED
