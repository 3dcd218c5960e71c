"""A workspace with ten weeks of posts on four platforms, in which certain things work better than others.

What works, and `tests/core/analytics/test_questions.py` asks for: evening posts are seen twice as often; short captions
reach more people than long ones; hooks that ask hold longer; long scripts lose their viewers; a post brings followers;
TikTok grows every week; recipes are saved; Mara does better than Leo, and reels better than avatars. LinkedIn was not
read for five days, and three posts on TikTok vanished.
"""

import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import insert
from sqlalchemy.orm import Session

from content_pipeline.core.analytics import daily
from content_pipeline.core.analytics.figure_columns import METRICS
from content_pipeline.core.models import (
    Account,
    AudienceShare,
    AvatarVideo,
    MetricSnapshot,
    Publication,
    Reel,
    ReportedDay,
    SocialPost,
    Twin,
)
from tests.factories import make_account, make_publication, make_twin

START: Final = datetime(2026, 8, 31, tzinfo=UTC)  # a Monday
DAYS: Final = 70
UNREAD: Final = range(40, 45)  # days of LinkedIn
POSTS: Final = 40  # on each platform
VANISHED: Final = 3

# The totals that each platform tells of a post.
_TOLD: Final = {
    "instagram": {"views", "reach", "likes", "comments", "shares", "saves", "watch_seconds", "average_view_seconds"},
    "linkedin": {"views", "impressions", "reach", "likes", "comments", "shares", "saves", "clicks", "watch_seconds"},
    "tiktok": {"views", "likes", "comments", "shares"},
    "youtube": {"views", "likes", "comments", "shares", "watch_seconds", "average_view_seconds"},
}
_HOOKS: Final = (
    "Why does bread need time?",
    "Do you still knead by hand?",
    "How to feed a sourdough starter.",
    "How to fold a dough in ten seconds.",
    "Bread needs time.",
    "I bake every morning at five.",
)


def at(day: float, hours: float = 0) -> datetime:
    return START + timedelta(days=day, hours=hours)


def fill(session: Session, workspace_id: UUID) -> None:
    """Insert the history, and derive its daily figures."""
    chance = Random(7)
    twins = [make_twin(session, workspace_id, name) for name in ("Mara", "Leo")]
    for platform in _TOLD:
        account = make_account(session, workspace_id, platform)
        readings: list[dict[str, Any]] = []
        post_days = set()
        for number in range(POSTS):
            post, final = _post(session, chance, account, twins, number)
            readings += _readings(post, final)
            post_days.add((post.published_at - START).days)
        readings += _followers(account, post_days)
        session.execute(insert(MetricSnapshot), [dict.fromkeys(METRICS) | reading for reading in readings])
        _report(session, account)
        daily.derive(session, account.id, START.date(), at(DAYS - 1).date())


def _post(
    session: Session, chance: Random, account: Account, twins: list[Twin], number: int
) -> tuple[SocialPost, Mapping[str, float]]:
    """A post, and the figures that it will have in the end."""
    day, hour = number * (DAYS - 3) // POSTS, chance.choice((6, 9, 12, 15, 18, 19))
    hook, words = chance.choice(_HOOKS), chance.randrange(15, 100)
    is_external = number % 5 == 4
    made = None
    if not is_external:
        script = [*hook.split(), *["bread"] * words][:words]
        made = _publication(session, chance, account, chance.choice(twins), " ".join(script))
    post = SocialPost(
        id=uuid4(),
        workspace_id=account.workspace_id,
        account_id=account.id,
        platform=account.platform,
        post_id=f"{account.platform}-{number}",
        publication_id=made and made.id,
        twin_id=made and made.twin_id,
        url=f"https://{account.platform}.example.com/{number}",
        text=f"{hook} #baking",
        seconds=words / 2.5,
        published_at=at(day, hour),
        read_at=at(DAYS),
        next_read_at=at(DAYS),
        vanished_at=at(day + 9) if is_external and account.platform == "tiktok" and number < 5 * VANISHED else None,
    )
    session.add(post)
    session.flush()
    views = 4000 * chance.lognormvariate(0, 0.1) * (2 if hour >= 18 else 1)
    views *= 1.15 ** (day / 7) if account.platform == "tiktok" else 1
    reach = 0.7
    if made:
        views *= (1.4 if made.twin_id == twins[0].id else 1) * (1.4 if made.reel_id else 0.8)
        reach = {"short": 0.9, "long": 0.6}[made.options["caption_style"]]
    held = ((0.9 if hook.endswith("?") else 0.6) - 0.004 * words + chance.uniform(-0.05, 0.05)) * words / 2.5
    final = {
        "views": views,
        "impressions": 1.3 * views,
        "reach": reach * views,
        "likes": 0.05 * views,
        "comments": 0.004 * views,
        "shares": 0.01 * views,
        "saves": (0.08 if hook.startswith("How to") else 0.02) * reach * views,
        "clicks": 0.002 * views,
        "watch_seconds": held * views,
        "average_view_seconds": held,
    }
    return post, {metric: value for metric, value in final.items() if metric in _TOLD[account.platform]}


def _publication(session: Session, chance: Random, account: Account, twin: Twin, script: str) -> Publication:
    video: dict[str, Any] = {
        "id": uuid4(),
        "workspace_id": account.workspace_id,
        "twin_id": twin.id,
        "platform": account.platform,
        "script": script,
        "voice_id": "en-US",
        "seed": 1,
        "created_at": at(0),
    }
    is_reel = chance.random() < 0.6
    local = {"provider": "local", "avatar_id": "mara", "captions": True, "estimated_seconds": 20}
    session.add(Reel(**video) if is_reel else AvatarVideo(**video, **local))
    session.flush()
    return make_publication(
        session,
        account.id,
        twin_id=twin.id,
        reel_url=None,
        script=None,
        reel_id=video["id"] if is_reel else None,
        avatar_video_id=None if is_reel else video["id"],
        options={"caption_style": chance.choice(("short", "long"))},
    )


def _readings(post: SocialPost, final: Mapping[str, float]) -> Iterator[dict[str, Any]]:
    """Two readings a day, as long as the post is there. Its totals come within a few days."""
    end = post.vanished_at or at(DAYS)
    for taken_at in _times(post.platform):
        if post.published_at < taken_at < end:
            share = 1 - math.exp(-(taken_at - post.published_at) / timedelta(hours=36))
            figures = {
                metric: value if metric == "average_view_seconds" else round(share * value)
                for metric, value in final.items()
            }
            yield {"account_id": post.account_id, "social_post_id": post.id, "taken_at": taken_at, **figures}


def _followers(account: Account, post_days: set[int]) -> Iterator[dict[str, Any]]:
    """One new follower a day, and 20 on a day with a post."""
    followers = {"instagram": 5200, "linkedin": 1800, "tiktok": 6100, "youtube": 3000}[account.platform]
    for taken_at in _times(account.platform):
        if taken_at.hour > 12:
            followers += 20 if (taken_at - START).days in post_days else 1
        yield {"account_id": account.id, "social_post_id": None, "taken_at": taken_at, "followers": followers}


def _times(platform: str) -> Iterator[datetime]:
    for day in range(DAYS):
        if platform != "linkedin" or day not in UNREAD:
            yield from (at(day, 1), at(day, 22))


def _report(session: Session, account: Account) -> None:
    """What Instagram itself says of its days, what an operator has said of TikTok's first week, and the audience."""
    source, days = {"instagram": ("platform", range(DAYS)), "tiktok": ("external", range(7))}.get(
        account.platform, ("", range(0))
    )
    for day in days:
        said = {"day": at(day).date(), "taken_at": at(day + 2), "impressions": 9000 + day}
        session.add(ReportedDay(account_id=account.id, source=source, **said))
    if account.platform == "instagram":
        shares = {"age": {"18-24": 0.3, "25-34": 0.5, "35-44": 0.2}, "country": {"DE": 0.6, "AT": 0.4}}
        for dimension, groups in shares.items():
            for value, share in groups.items():
                group = {"dimension": dimension, "value": value, "share": share}
                session.add(AudienceShare(account_id=account.id, day=at(DAYS - 1).date(), **group))
    session.flush()
