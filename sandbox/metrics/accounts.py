"""The figures of accounts: the sums over their posts, and the followers that they had before."""

import math
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sandbox.metrics import growth
from sandbox.metrics.features import Features, fraction
from sandbox.metrics.figures import Figures, total
from sandbox.settings import read_settings
from sandbox.store import Document, Platform, Store

# Accounts have 300 to 15,000 followers at first, spread evenly on a logarithmic scale.
_FEWEST, _MOST = math.log(300), math.log(15_000)
PACIFIC: Final = ZoneInfo("America/Los_Angeles")


class Account:
    """An account with all posts that it ever had, oldest first. Read at one moment: it does not notice later posts."""

    def __init__(self, store: Store, platform: Platform, id: str) -> None:
        self.platform = platform
        self.id = id
        self.now = store.timestamp()
        self._spam = read_settings(store).spam_removal
        self._first_followers = first_followers(store, platform, id)
        posts = [Features.of(post) for post in store.find("post", platform=platform, account=id)]
        self._counts: dict[tuple[str, float], Figures] = {}
        self._posts = {post.id: post for post in sorted(posts, key=lambda post: post.time)}

    @property
    def posts(self) -> list[Features]:
        return list(self._posts.values())

    @property
    def listed(self) -> list[Features]:
        """The posts without deleted ones."""
        return [post for post in self.posts if post.deleted_at is None]

    def post(self, id: str, at: float, *, seen_at: float | None = None) -> Figures:
        """The counts of a post at a time; as seen then, or at `seen_at`."""
        return growth.figures(self._posts[id], self._first_followers, at, seen_at=seen_at, spam=self._spam)

    def growth(self, start: float, end: float, posts: Iterable[str] | None = None) -> Figures:
        """What came between two times, as it is seen now: of some posts, or of all, deleted ones included."""
        ids = self._posts if posts is None else posts
        return total(self._seen_now(id, end) - self._seen_now(id, start) for id in ids if self._posts[id].time < end)

    def _seen_now(self, id: str, at: float) -> Figures:
        """The counts at a time as they are seen now; kept, because the end of a day is the beginning of the next."""
        if (id, at) not in self._counts:
            self._counts[id, at] = self.post(id, at, seen_at=self.now)
        return self._counts[id, at]

    def totals(self, at: float) -> Figures:
        """The sums over all posts at a time, as seen then. Deleted posts keep what they had."""
        return total(self.post(post.id, at) for post in self.posts if post.time < at)

    def followers(self, at: float) -> int:
        """The number of followers at a time."""
        so_far = self.growth(0, at)
        return self._first_followers + so_far.followers_gained - so_far.followers_lost


def first_followers(store: Store, platform: Platform, id: str) -> int:
    """The followers that an account had before all of its posts."""
    known = store.get("account", f"{platform}:{id}") or {}
    derived = math.exp(_FEWEST + (_MOST - _FEWEST) * fraction(f"{platform}:{id}", "followers"))
    followers: int = known.get("followers", int(derived))
    return followers


def figures_now(store: Store, post: Document) -> Figures:
    """The counts of a post as of now."""
    followers = first_followers(store, post["platform"], post["account"])
    spam = read_settings(store).spam_removal
    return growth.figures(Features.of(post), followers, store.timestamp(), spam=spam)


def day_bounds(day: date, zone: ZoneInfo) -> tuple[float, float]:
    """The first second of a day and of the next one, in a time zone that may have 23 or 25 hours that day."""
    start = datetime.combine(day, time(), zone)
    end = datetime.combine(day + timedelta(days=1), time(), zone)
    return start.timestamp(), end.timestamp()


def day_of(seconds: float, zone: ZoneInfo) -> date:
    """The day in which a moment lies in a time zone."""
    return datetime.fromtimestamp(seconds, zone).date()


def days_between(first: date, last: date) -> list[date]:
    """All days from the first to the last, both included."""
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]
