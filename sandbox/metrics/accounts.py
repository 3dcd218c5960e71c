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
    """An account with all posts that it ever had. Read at one moment: it does not notice later posts."""

    def __init__(self, store: Store, platform: Platform, id: str) -> None:
        self.now = store.timestamp()
        self._spam = read_settings(store).spam_removal
        known = store.get("account", f"{platform}:{id}") or {}
        derived = math.exp(_FEWEST + (_MOST - _FEWEST) * fraction(f"{platform}:{id}", "followers"))
        self.first_followers: int = known.get("followers", int(derived))
        self._features = {post["id"]: Features.of(post) for post in store.find("post", platform=platform, account=id)}

    @property
    def first_post_at(self) -> float | None:
        """When the oldest post was published."""
        return min((features.time for features in self._features.values()), default=None)

    def post(self, id: str, at: float, *, seen_at: float | None = None) -> Figures:
        """The counts of a post at a time; as seen then, or at `seen_at`."""
        features = self._features[id]
        return growth.figures(features, self.first_followers, at, seen_at=seen_at, spam=self._spam)

    def growth(self, start: float, end: float, posts: Iterable[str] | None = None) -> Figures:
        """What came between two times, as it is seen now: of some posts, or of all, deleted ones included."""
        ids = self._features if posts is None else posts
        grown = (self.post(id, end, seen_at=self.now) - self.post(id, start, seen_at=self.now) for id in ids)
        return total(grown)

    def totals(self, at: float) -> Figures:
        """The sums over all posts at a time, as seen then. Deleted posts keep what they had."""
        return total(self.post(id, at) for id in self._features)

    def followers(self, at: float) -> int:
        """The number of followers at a time."""
        so_far = self.totals(at)
        return self.first_followers + so_far.followers_gained - so_far.followers_lost


def of_post(store: Store, post: Document) -> Figures:
    """The counts of a post as of now."""
    return Account(store, post["platform"], post["account"]).post(post["id"], store.timestamp())


def day_bounds(day: date, zone: ZoneInfo) -> tuple[float, float]:
    """The first second of a day and of the next one, in a time zone that may have 23 or 25 hours that day."""
    start = datetime.combine(day, time(), zone)
    end = datetime.combine(day + timedelta(days=1), time(), zone)
    return start.timestamp(), end.timestamp()


def days_between(first: date, last: date) -> list[date]:
    """All days from the first to the last, both included."""
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]
