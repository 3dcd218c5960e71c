"""Checks of a post's text against its platform's limits."""

from dataclasses import dataclass

from content_pipeline.core.platforms.hashtags import HASHTAG, MENTION, tag
from content_pipeline.core.platforms.registry import PLATFORMS
from content_pipeline.core.platforms.text import TextRules
from content_pipeline.core.writing.post import PostText


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that a post breaks: a stable `code`, and a sentence for the author, a person or a model."""

    code: str
    detail: str


def joined(post: PostText) -> str:
    """Text and hashtags together, as a reader sees them."""
    return "\n\n".join(part for part in (post.text, " ".join(f"#{tag}" for tag in post.hashtags)) if part)


def rendered(platform: str, post: PostText) -> str:
    """Text and hashtags as the platform's API takes them."""
    return PLATFORMS[platform].text_rules.encode(joined(post))


def characters(platform: str, post: PostText) -> int:
    """The length of the post, in the platform's units."""
    return PLATFORMS[platform].text_rules.measure(joined(post))


def check(platform: str, post: PostText) -> list[Violation]:
    """Every rule of the platform that the post breaks."""
    rules, text = PLATFORMS[platform].text_rules, joined(post)
    found = [*_title_violations(rules, post.title)]
    if (size := rules.measure(text)) > rules.characters:
        found.append(Violation("text_too_long", f"Text and hashtags take {size:,} of {rules.characters:,} characters."))
    for code, limit, pattern in (
        ("too_many_hashtags", rules.hashtags, HASHTAG),
        ("too_many_mentions", rules.mentions, MENTION),
    ):
        if limit is not None and (count := len(pattern.findall(text))) > limit:
            what = code.rpartition("_")[2]
            found.append(Violation(code, f"There are {count} {what}; at most {limit} are allowed."))
    if any(mark in text for mark in rules.forbidden):
        found.append(Violation("text_forbidden", f"The text may not have any of {' '.join(rules.forbidden)}."))
    if bad := [word for word in post.hashtags if not word or tag(word) != word]:
        found.append(Violation("hashtag_invalid", f"{bad[0][:50]!r} is not a hashtag: letters, digits and _ only."))
    return found


def _title_violations(rules: TextRules, title: str | None) -> list[Violation]:
    if rules.title is None:
        return [Violation("title_unknown", "The platform has no titles.")] if title is not None else []
    if title is None or not title.strip():
        return [Violation("title_missing", "The platform wants a title.")]
    found = []
    if len(title) > rules.title:
        found.append(
            Violation("title_too_long", f"The title has {len(title):,} characters; at most {rules.title} are allowed.")
        )
    if any(mark in title for mark in rules.forbidden):
        found.append(Violation("title_forbidden", f"The title may not have any of {' '.join(rules.forbidden)}."))
    return found
