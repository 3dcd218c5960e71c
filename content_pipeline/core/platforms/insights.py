"""InsightsReader: protocol of a platform's analytics client, and the metric vocabulary that all platforms share."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Final, Literal, Protocol
from zoneinfo import ZoneInfo

from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.platforms.base import Access, NotPermitted, Refused

# `views` are plays of a video; `impressions` are times that a post was shown; `reach` are different people.
Metric = Literal[
    "views",
    "impressions",
    "reach",
    "likes",
    "comments",
    "shares",
    "saves",
    "clicks",
    "watch_seconds",
    "average_view_seconds",
    "followers",
    "followers_gained",
]
Figures = Mapping[Metric, float]

# Counts since a post was made or an account was opened: the growth of a day is the difference of two readings.
TOTALS: Final[frozenset[Metric]] = frozenset(
    ["views", "impressions", "likes", "comments", "shares", "saves", "clicks", "watch_seconds"]
)


@dataclass(frozen=True, slots=True)
class ListedPost:
    """A post of an account, made by this product or elsewhere. `seconds` is the length of its video."""

    post_id: str
    url: str | None
    text: str
    published_at: datetime
    seconds: float | None


@dataclass(frozen=True, slots=True)
class DayFigures:
    """What the platform says of one day of an account: growth, except `followers`, which is the level at the day's end,
    and the averages. A metric that is missing is not known, which is not zero."""

    day: date
    figures: Figures


Dimension = Literal["age", "country", "gender"]


@dataclass(frozen=True, slots=True)
class AudienceShare:
    """The share (0 to 1) of an account's followers or viewers of one age group, country (ISO 3166-1 alpha-2) or
    gender (`female`, `male`, `other`). Age groups are as the platform writes them, like `25-34`."""

    dimension: Dimension
    value: str
    share: float


class InsightsReader(Protocol):
    """Reads the figures of accounts and posts at one platform. Reads only; may be repeated.

    Methods raise, as `base.Publisher` does: Refused, Expired, Disconnected, UpstreamError and TooManyRequests (both
    retryable); ScopeMissing where the account was connected without one of `scopes`. A metric that the platform does
    not give is missing from the figures, never zero. A post in an undocumented form hides no other (`malformed_posts`).
    """

    # The platform's own name of each metric that it gives.
    names: Mapping[Metric, str]
    # The OAuth scopes that are needed, as the platform names them in tokens.
    scopes: Sequence[str]
    # The time zone of the days in `read_days`; None where the platform has no figures of days.
    days_in: ZoneInfo | None

    def list_posts(self, access: Access, *, since: datetime) -> Iterator[ListedPost]:
        """The account's posts that were published at or after `since`, newest first.

        Nothing where the platform does not list posts. A post whose id appears late is listed when it has one.
        """

    def read_posts(self, access: Access, post_ids: Collection[str]) -> Mapping[str, Figures]:
        """The totals of posts as of now, by id. A post that is missing in the result is gone, or another account's.

        Some platforms need calls for each post: to keep what was read when a limit is reached, ask for some at a time.
        """

    def read_account(self, access: Access) -> Figures:
        """The account's totals and levels as of now."""

    def read_days(self, access: Access, first: date, last: date) -> Sequence[DayFigures]:
        """The dated figures of the account from `first` to `last`, both included.

        Empty where the platform gives none. Days that are not over, or not there yet, are missing.
        """

    def read_audience(self, access: Access) -> Sequence[AudienceShare]:
        """Who follows the account or watches its videos. Empty where the platform does not tell, or not yet: most
        platforms tell only above a number of followers."""


class ScopeMissing(Refused):
    """The account was connected without a scope that its figures need. It can go on publishing."""

    code = "insights_scope_missing"


@contextmanager
def scope_needed() -> Iterator[None]:
    """Raises ScopeMissing for NotPermitted, which would mark the account as one that cannot publish either."""
    try:
        yield
    except NotPermitted as error:
        raise ScopeMissing(error.detail, remedy=error.remedy) from error


def finished_days(first: date, last: date, zone: ZoneInfo) -> Sequence[date]:
    """The days from `first` to `last`, both included, that are over in that time zone."""
    today = now().astimezone(zone).date()
    end = min(last + timedelta(days=1), today)
    return [first + timedelta(days=number) for number in range((end - first).days)]


def without_empty_average(figures: Figures) -> Figures:
    """The figures without the average length of a view where there was no view: platforms call it zero."""
    if figures.get("views") == 0:
        return {metric: value for metric, value in figures.items() if metric != "average_view_seconds"}
    return figures


def shares_of_counts(dimension: Dimension, counts: Mapping[str, float]) -> Sequence[AudienceShare]:
    """The share of each group among all that are counted; none where nothing is."""
    total = sum(counts.values())
    return [AudienceShare(dimension, value, count / total) for value, count in counts.items() if total]


def batches(ids: Collection[str], size: int) -> Iterator[Sequence[str]]:
    """The ids in lists of at most `size`, which is how many a platform takes in one call."""
    rest = iter(ids)
    while batch := list(islice(rest, size)):
        yield batch
