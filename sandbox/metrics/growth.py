"""The figures of a post at any moment, in closed form: a pure function of what is visible in the post.

A post rises fast in its first hours, goes on for weeks, and sometimes has a second wave. Final numbers of views have a
heavy tail: most posts do little, a few do very well. Everything else is a share of the views that comes later than
they do. Counts are rounded down from functions that never fall, so they never fall either.

The one exception is the removal of spam: some days after publishing, a platform discovers that a share of a post's
views and likes was not from people. It removes them with their watch time, and from then on shows all days as if they
had never been there.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from typing import Final

from sandbox.metrics.features import Features, fraction
from sandbox.metrics.figures import Figures

_HOUR: Final = 3600.0
# Spread of the logarithm of final views between posts of the same account, and views per follower of a usual post.
_SPREAD: Final = 1.1
_VIEWS_PER_FOLLOWER: Final = 0.6
_MAX_VIEWS: Final = 50_000_000
# Time constants in hours: of the rise, of the long tail, and of the second wave.
_RISE_HOURS: Final = 5.0
_TAIL_HOURS: Final = 60.0
_WAVE_HOURS: Final = 18.0
_SECOND_WAVES: Final = 0.15
_SPAMMED: Final = 0.2


@dataclass(frozen=True, slots=True)
class _Course:
    """The parameters of a post's growth. Views after x hours are `final * share(x)`; `spam_hours` is when spam is
    removed, infinite for most posts, and `spam` the share that is."""

    final: float
    rise_hours: float
    rise: float
    wave: float
    wave_hours: float
    spam: float
    spam_hours: float
    watched: int
    likes: float
    comments: float
    shares: float
    saves: float
    clicks: float
    follow: float
    leave: float
    reach: float
    repeats: float

    def views(self, hours: float) -> int:
        return int(self.final * self._share(hours))

    def _share(self, hours: float) -> float:
        if hours <= 0:
            return 0.0
        rise = 1 - math.exp(-hours / self.rise_hours)
        tail = 1 - math.pow(1 + hours / _TAIL_HOURS, -0.7)
        since = max(hours - self.wave_hours, 0.0) / _WAVE_HOURS
        wave = 1 - math.exp(-since * since)
        return self.rise * rise + (1 - self.rise - self.wave) * tail + self.wave * wave


def figures(post: Features, followers: int, at: float, *, seen_at: float | None = None, spam: bool = False) -> Figures:
    """The counts of a post at the time `at`, as they are shown at `seen_at` (default: at that time).

    `followers` are those that its account had at first. With `spam`, spam is removed from the posts that have it: the
    counts of one moment are smaller when they are seen after that. Times are seconds since the epoch.
    """
    course = _course(post, followers)
    seen = ((at if seen_at is None else seen_at) - post.time) / _HOUR
    removed = course.spam if spam and seen >= course.spam_hours else 0.0
    hours = ((at if post.deleted_at is None else min(at, post.deleted_at)) - post.time) / _HOUR
    viewed = course.views(hours)
    # Spam came before it was found, never after.
    spammed = min(hours, course.spam_hours)

    def later(share: float, lag: float, hours: float = hours) -> int:
        """A share of the views, `lag` hours after them."""
        return int(share * course.views(hours - lag))

    views = viewed - int(removed * course.views(spammed))
    return Figures(
        views=views,
        impressions=viewed + int(course.repeats * viewed),
        reach=int(course.reach * viewed),
        likes=later(course.likes, 0.1) - int(removed * later(course.likes, 0.1, spammed)),
        comments=later(course.comments, 1.0),
        shares=later(course.shares, 0.5),
        saves=later(course.saves, 1.5),
        clicks=later(course.clicks, 0.2),
        watch_milliseconds=course.watched * views,
        followers_gained=later(course.follow, 1.0),
        followers_lost=later(course.follow * course.leave, 72.0),
    )


@lru_cache(maxsize=65_536)
def _course(post: Features, followers: int) -> _Course:
    def between(low: float, high: float, purpose: str) -> float:
        return low + (high - low) * fraction(f"{post.platform}:{post.id}", purpose)

    luck = math.exp(_SPREAD * NormalDist().inv_cdf(between(0.0005, 0.9995, "luck")))
    timeliness = post.timeliness
    question = 2.0 if post.hook == "question" else 1.0
    wave = between(0.1, 0.35, "wave") if between(0, 1, "has a wave") < _SECOND_WAVES else 0.0
    spammed = between(0, 1, "has spam") < _SPAMMED
    return _Course(
        final=min(followers * _VIEWS_PER_FOLLOWER * post.potential * luck, _MAX_VIEWS),
        rise_hours=_RISE_HOURS / max(timeliness, 0.3),
        rise=between(0.35, 0.55, "rise"),
        wave=wave,
        wave_hours=between(72, 480, "wave begins"),
        spam=between(0.03, 0.12, "spam") if spammed else 0.0,
        spam_hours=between(24, 120, "spam is found") if spammed else math.inf,
        watched=int(1000 * post.seconds * post.watched_share),
        likes=between(0.03, 0.09, "likes"),
        comments=between(0.002, 0.008, "comments") * question,
        shares=between(0.004, 0.02, "shares"),
        saves=between(0.004, 0.02, "saves"),
        clicks=between(0.003, 0.015, "clicks"),
        follow=between(0.002, 0.01, "follow"),
        leave=between(0.1, 0.4, "leave"),
        # The reach is below 1 - spam, so that it stays below the views when spam is removed from these.
        reach=between(0.65, 0.85, "reach"),
        repeats=between(0.1, 0.6, "repeats"),
    )
