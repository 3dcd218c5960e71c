"""What each platform takes as the text of a post, and how each one counts it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from content_pipeline.core.platforms.hashtags import HASHTAG, MENTION, tag
from content_pipeline.core.platforms.linkedin.little_text import escape
from content_pipeline.core.platforms.names import Platform
from content_pipeline.core.writing.post import PostText


def _utf16(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _utf8(text: str) -> int:
    return len(text.encode())


def _as_it_is(text: str) -> str:
    return text


@dataclass(frozen=True, slots=True)
class Rules:
    """`characters` counts the whole text, hashtags included, as `size` does after `encode`; `title` counts code points.

    None says that the platform knows no such limit, or no titles.
    """

    characters: int
    title: int | None = None
    hashtags: int | None = None
    mentions: int | None = None
    forbidden: str = ""
    size: Callable[[str], int] = len
    encode: Callable[[str], str] = _as_it_is

    def measure(self, text: str) -> int:
        """How much of `characters` a text takes."""
        return self.size(self.encode(text))


RULES: Final[dict[Platform, Rules]] = {
    "instagram": Rules(2200, hashtags=30, mentions=20),
    "tiktok": Rules(2200, size=_utf16),
    # An emoji may count as two there: the stricter reading is never refused.
    "linkedin": Rules(3000, size=_utf16, encode=escape),
    "youtube": Rules(5000, title=100, forbidden="<>", size=_utf8),
}


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that a post breaks: a stable `code`, and a sentence for the person (or the model) that wrote it."""

    code: str
    detail: str


def joined(post: PostText) -> str:
    """Text and hashtags as one, as a reader sees them."""
    return "\n\n".join(part for part in (post.text, " ".join(f"#{tag}" for tag in post.hashtags)) if part)


def rendered(platform: Platform, post: PostText) -> str:
    """Text and hashtags as the platform's API takes them: escaped for LinkedIn."""
    return RULES[platform].encode(joined(post))


def characters(platform: Platform, post: PostText) -> int:
    """How much of the platform's limit the post takes, in that platform's units."""
    return RULES[platform].measure(joined(post))


def check(platform: Platform, post: PostText) -> list[Violation]:
    """Every rule of the platform that the post breaks."""
    rules, text = RULES[platform], joined(post)
    found = [*_title_violations(rules, post.title)]
    if (size := rules.measure(text)) > rules.characters:
        found.append(Violation("text_too_long", f"Text and hashtags take {size:,} of {rules.characters:,} characters."))
    for code, limit, pattern in (
        ("too_many_hashtags", rules.hashtags, HASHTAG),
        ("too_many_mentions", rules.mentions, MENTION),
    ):
        if limit is not None and (count := len(pattern.findall(text))) > limit:
            what = code.rpartition("_")[2]
            found.append(Violation(code, f"There are {count} {what}; {limit} are the most."))
    if any(mark in text for mark in rules.forbidden):
        found.append(Violation("text_forbidden", f"The text may not have any of {' '.join(rules.forbidden)}."))
    if bad := [word for word in post.hashtags if not word or tag(word) != word]:
        found.append(Violation("hashtag_invalid", f"{bad[0][:50]!r} is not a hashtag: letters, digits and _ only."))
    return found


def _title_violations(rules: Rules, title: str | None) -> list[Violation]:
    if rules.title is None:
        return [Violation("title_unknown", "The platform has no titles.")] if title is not None else []
    if title is None or not title.strip():
        return [Violation("title_missing", "The platform wants a title.")]
    found = []
    if len(title) > rules.title:
        found.append(
            Violation("title_too_long", f"The title has {len(title):,} characters; {rules.title} are the most.")
        )
    if any(mark in title for mark in rules.forbidden):
        found.append(Violation("title_forbidden", f"The title may not have any of {' '.join(rules.forbidden)}."))
    return found
