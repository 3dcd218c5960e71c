"""The rows of YouTube Analytics reports: days are Pacific, come late, and are corrected after that."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from sandbox.metrics import audience
from sandbox.metrics.accounts import PACIFIC, Account, day_bounds, day_of, days_between
from sandbox.metrics.features import Features
from sandbox.metrics.figures import Figures, total
from sandbox.settings import read_settings
from sandbox.store import Store

# The share of the figures that is known when a day's rows come.
_PROVISIONAL: Final = 0.97
_DAY_SECONDS: Final = 86_400


def _average_seconds(grown: Figures) -> int:
    return round(grown.watch_milliseconds / 1000 / grown.views) if grown.views else 0


COUNTS: Final[Mapping[str, Callable[[Figures], int]]] = {
    "views": lambda grown: grown.views,
    "likes": lambda grown: grown.likes,
    "dislikes": lambda grown: 0,
    "comments": lambda grown: grown.comments,
    "shares": lambda grown: grown.shares,
    "videosAddedToPlaylists": lambda grown: grown.saves,
    "subscribersGained": lambda grown: grown.followers_gained,
    "subscribersLost": lambda grown: grown.followers_lost,
    "estimatedMinutesWatched": lambda grown: grown.watch_milliseconds // 60_000,
    "averageViewDuration": _average_seconds,
}
FLOATS: Final = frozenset({"viewerPercentage"})
# The dimensions of people, with YouTube's names of the groups.
_AGE_GROUPS: Final = {name: f"age{name.replace('+', '-')}" for name in audience.AGES}
_GENDERS: Final = {"F": "female", "M": "male", "U": "user_specified"}
DEMOGRAPHICS: Final = {"ageGroup": (audience.AGES, _AGE_GROUPS), "gender": (audience.GENDERS, _GENDERS)}
DIMENSIONS: Final = ("day", "video", "country", *DEMOGRAPHICS)

Row = list[Any]


@dataclass(frozen=True, slots=True)
class Query:
    """The parameters of a report. `sort` are column names, with a minus sign for a descending order; `videos` are the
    ids of the filter; `limit` and `start` (from 1) choose a page of the rows."""

    first: date
    last: date
    metrics: list[str]
    dimensions: list[str]
    videos: list[str] | None
    sort: list[str]
    limit: int | None
    start: int


class Report:
    """One report on a channel, as of now."""

    def __init__(self, store: Store, channel: str, query: Query) -> None:
        self._query = query
        self._channel = channel
        self._settings = read_settings(store)
        self._account = Account(store, "youtube", channel)
        self._days = self._arrived_days()

    def rows(self) -> list[Row]:
        rows = [[*keys, *values] for keys, values in self._cells()]
        columns = [*self._query.dimensions, *self._query.metrics]
        for name in reversed(self._query.sort):
            index = columns.index(name.removeprefix("-"))
            rows.sort(key=lambda row: row[index], reverse=name.startswith("-"))
        start = self._query.start - 1
        return rows[start:] if self._query.limit is None else rows[start : start + self._query.limit]

    def _cells(self) -> Iterable[tuple[list[str], Row]]:
        """The values of the dimensions and metrics of each row."""
        days, posts = self._days, [post.id for post in self._posts()]
        if not days:
            return []
        dimensions = self._query.dimensions
        if dimensions == ["day"]:
            return [([str(day)], self._values(self._grown([day], posts))) for day in days]
        if dimensions == ["video"]:
            return [([id], self._values(self._grown(days, [id]))) for id in posts]
        if set(dimensions) == {"day", "video"}:
            return self._days_of_videos(days, posts)
        if dimensions == ["country"]:
            return self._countries(self._grown(days, posts))
        if dimensions:
            return self._people(self._grown(days, posts))
        return [([], self._values(self._grown(days, posts)))]

    def _posts(self) -> list[Features]:
        """The videos that the report is about. Deleted ones count for the channel, but are not shown one by one."""
        if self._query.videos is not None:
            return [post for post in self._account.listed if post.id in self._query.videos]
        return self._account.listed if "video" in self._query.dimensions else self._account.posts

    def _arrived_days(self) -> list[date]:
        """The days of the query that have come, from the first video on."""
        if not (posts := self._posts()):
            return []
        first = max(self._query.first, day_of(posts[0].time, PACIFIC))
        arrived = self._account.now - self._settings.youtube_lag_days * _DAY_SECONDS
        return days_between(first, min(self._query.last, day_of(arrived, PACIFIC) - timedelta(days=1)))

    def _grown(self, days: list[date], posts: list[str]) -> Figures:
        """The growth of posts in consecutive days. Of the latest days, the most part is known."""
        final = [day for day in days if not self._is_provisional(day)]
        parts = [self._window(final[0], final[-1], id) for id in posts] if final else []
        for day in days[len(final) :]:
            parts += [self._window(day, day, id).scaled(_PROVISIONAL) for id in posts]
        return total(parts)

    def _window(self, first: date, last: date, post: str) -> Figures:
        return self._account.growth(day_bounds(first, PACIFIC)[0], day_bounds(last, PACIFIC)[1], [post])

    def _is_provisional(self, day: date) -> bool:
        late = self._settings.youtube_lag_days + self._settings.youtube_correction_days
        return self._account.now < day_bounds(day, PACIFIC)[1] + late * _DAY_SECONDS

    def _values(self, grown: Figures) -> Row:
        return [COUNTS[name](grown) for name in self._query.metrics]

    def _days_of_videos(self, days: list[date], posts: list[str]) -> Iterable[tuple[list[str], Row]]:
        """Days on which a video has no views are left out."""
        for day in days:
            for id in posts:
                if (grown := self._grown([day], [id])).views:
                    keys = {"day": str(day), "video": id}
                    yield [keys[name] for name in self._query.dimensions], self._values(grown)

    def _countries(self, grown: Figures) -> Iterable[tuple[list[str], Row]]:
        """Each count is divided among the countries; they share the averages."""
        columns = [self._by_country(name, COUNTS[name](grown)) for name in self._query.metrics]
        rows = [([country], [column[country] for column in columns]) for country in audience.COUNTRIES]
        return [(keys, values) for keys, values in rows if any(values)]

    def _by_country(self, metric: str, value: int) -> dict[str, int]:
        if metric == "averageViewDuration":
            return dict.fromkeys(audience.COUNTRIES, value)
        return audience.apportioned(audience.shares(self._channel, audience.COUNTRIES), value)

    def _people(self, grown: Figures) -> Iterable[tuple[list[str], Row]]:
        """Percentages, rounded. YouTube does not tell before enough people have watched."""
        if grown.views < self._settings.youtube_demographics_views:
            return []
        cells: list[tuple[list[str], float]] = [([], 100.0)]
        for dimension in self._query.dimensions:
            weights, names = DEMOGRAPHICS[dimension]
            shares = audience.shares(self._channel, weights)
            cells = [([*keys, names[name]], value * shares[name]) for keys, value in cells for name in weights]
        return [(keys, [round(value, 1)]) for keys, value in cells]
