"""Finds what worked for a twin on a platform: its best posts, and the caption style and length that did best.

Only posts count that were published here as this twin: texts of others say nothing about it. Composing reads it, so it
lies below `core/analytics` and `core/publishing`, which shows and publishes what was composed.
"""

from bisect import bisect
from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from datetime import datetime, timedelta
from statistics import median
from typing import Any, Final, NamedTuple, TypeVar

import numpy as np
from sqlalchemy import case, func, select, true
from sqlalchemy.orm import Session

from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.models import AvatarVideo, Publication, Reel, SocialPost, Twin
from content_pipeline.core.platforms.registry import PLATFORMS
from content_pipeline.core.platforms.text import CaptionStyle
from content_pipeline.core.twins import post_scores
from content_pipeline.core.writing import scripts
from content_pipeline.core.writing.sentences import paragraphs, shorten
from content_pipeline.core.writing.track_record import BestPost, Finding, TrackRecord

# Older posts were made for another audience; more of them change little.
MAX_AGE: Final = timedelta(days=180)
MAX_POSTS: Final = 200
# With fewer posts, differences are luck.
MIN_POSTS: Final = 8
MIN_POSTS_OF_GROUP: Final = 3
# Among four groups that do not differ, one still reaches this confidence in a sixth of all cases.
MIN_CONFIDENCE: Final = 0.9
MAX_BEST: Final = 3
# Lengths are compared in groups that end here, in seconds.
_LENGTHS: Final = (15, 30, 60)
_HOOK_CHARACTERS: Final = 120

Group = TypeVar("Group", bound=Hashable)


class _Scored(NamedTuple):
    """A post that can be compared. `score` is that of `post_scores`; the style is None for a text by hand."""

    post_id: str
    url: str | None
    text: str
    published_at: datetime
    seconds: float | None
    caption_style: CaptionStyle | None
    views: int
    score: float


def of_twin(session: Session, twin: Twin, platform: str) -> TrackRecord:
    """What worked for a twin on a platform, by its posts there of the last half year that are two days old."""
    posts = _scored_posts(session, twin, platform)
    label = PLATFORMS[platform].label
    if len(posts) < MIN_POSTS:
        detail = f"Too few posts to learn from: {len(posts)} on {label} that are two days old, of at least {MIN_POSTS}."
        return TrackRecord(len(posts), detail=detail)
    style: Finding[CaptionStyle] | None = _best_group(posts, _style_group)
    seconds = _best_length(posts)
    best = sorted((post for post in posts if post.score > 0), key=lambda post: (-post.score, post.post_id))[:MAX_BEST]
    detail = _detail(label, len(posts), style, seconds)
    return TrackRecord(len(posts), tuple(map(_best_post, best)), style, seconds, detail)


def _scored_posts(session: Session, twin: Twin, platform: str) -> Sequence[_Scored]:
    latest = post_scores.latest_views()
    by_hand = Publication.caption != ""
    # Whole posts and publications took twice as long, in calls that keep the interpreter from other requests.
    rows = session.execute(
        select(
            SocialPost.account_id,
            SocialPost.post_id,
            SocialPost.url,
            SocialPost.text,
            SocialPost.published_at,
            SocialPost.seconds,
            func.coalesce(Publication.script, Reel.script, AvatarVideo.script).label("script"),
            case((by_hand, None), else_=Publication.options["caption_style"].astext).label("caption_style"),
            latest.c.views,
        )
        .join(Publication, Publication.id == SocialPost.publication_id)
        .join(latest, true())
        .outerjoin(Reel, Reel.id == Publication.reel_id)
        .outerjoin(AvatarVideo, AvatarVideo.id == Publication.avatar_video_id)
        .where(
            SocialPost.workspace_id == twin.workspace_id,
            SocialPost.twin_id == twin.id,
            SocialPost.platform == platform,
            SocialPost.published_at.between(now() - MAX_AGE, now() - post_scores.RIPE),
        )
        .order_by(SocialPost.published_at.desc(), SocialPost.id)
        .limit(MAX_POSTS)
    ).all()
    by_account = defaultdict(list)
    for row in rows:
        by_account[row.account_id].append(row)
    return [
        _Scored(
            row.post_id,
            row.url,
            row.script or row.text,
            row.published_at,
            row.seconds or (scripts.spoken_seconds(row.script) if row.script else None),
            row.caption_style,
            row.views,
            float(score),
        )
        for of_account in by_account.values()
        for row, score in zip(of_account, post_scores.score([row.views for row in of_account]), strict=True)
    ]


def _best_group(posts: Sequence[_Scored], group_of: Callable[[_Scored], Group | None]) -> Finding[Group] | None:
    """The group whose posts did clearly better than usual; None where none did."""
    groups = defaultdict(list)
    for post in posts:
        groups[group_of(post)].append(post.score)
    spread = post_scores.spread(np.array([post.score for post in posts]))
    found = []
    for group, scores in groups.items():
        if group is not None:
            evidence = post_scores.compare(sum(scores), len(scores), spread=spread)
            found.append(Finding(group, evidence.index, evidence.confidence, len(scores)))
    clear = [each for each in found if each.posts >= MIN_POSTS_OF_GROUP and each.confidence >= MIN_CONFIDENCE]
    return max(clear, key=lambda each: (each.confidence, each.index, str(each.value)), default=None)


def _style_group(post: _Scored) -> CaptionStyle | None:
    return post.caption_style


def _length_group(post: _Scored) -> int | None:
    return bisect(_LENGTHS, post.seconds) + 1 if post.seconds else None


def _best_length(posts: Sequence[_Scored]) -> Finding[int] | None:
    """The usual length, in seconds, of the posts in the group of lengths that did best."""
    found = _best_group(posts, _length_group)
    if found is None:
        return None
    lengths = [post.seconds for post in posts if post.seconds and _length_group(post) == found.value]
    return Finding(round(median(lengths)), found.index, found.confidence, found.posts)


def _best_post(post: _Scored) -> BestPost:
    return BestPost(
        post.post_id,
        post.url,
        _hook(post.text),
        post.views,
        round(float(np.exp(post.score)), 2),
        post.caption_style,
        post.seconds,
        post.published_at,
    )


def _hook(text: str) -> str:
    """The first sentence, in one line."""
    first = next(iter(paragraphs(text)), [""])[0]
    return shorten(" ".join("".join(filter(str.isprintable, first)).split()), _HOOK_CHARACTERS)


def _detail(label: str, posts: int, style: Finding[CaptionStyle] | None, seconds: Finding[int] | None) -> str:
    sentences = [f"{posts} posts on {label} were compared."]
    if style:
        sentences.append(f"The caption style {style.value} did best: {_in_words(style)}.")
    if seconds:
        sentences.append(f"Videos of about {seconds.value} seconds did best: {_in_words(seconds)}.")
    if not style and not seconds:
        sentences.append("No caption style and no length stood out.")
    return " ".join(sentences)


def _in_words(found: Finding[Any]) -> str:
    return f"{found.index:g} times the usual views, {found.confidence:.0%} sure by {found.posts} posts"
