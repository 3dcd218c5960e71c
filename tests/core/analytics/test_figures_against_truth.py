"""The figures of days against the sandbox's truth, after outages, double runs, back-fills, clock changes and kills.

`make truth` tries 300 sequences of events; the test suite fewer.
"""

import os
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, example, given, note, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from content_pipeline.core.analytics import daily, figures
from content_pipeline.core.analytics.figure_columns import METRICS
from content_pipeline.core.analytics.figures import Selection
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import DailyMetric, DailyPostMetric, MetricSnapshot, ReportedDay, SocialPost
from content_pipeline.core.platforms.insights import TOTALS
from content_pipeline.core.platforms.registry import PLATFORMS
from tests.core.analytics.observed_account import HANDLE, ObservedAccount, standing_clock
from tests.sandbox_server import Sandbox
from tests.sandbox_truth import NOTHING, OF_DAYS, OF_POSTS, TRUE_NAMES, expected_day, true_figures

EXAMPLES: Final = int(os.environ.get("TRUTH_EXAMPLES", "4"))
_DAY: Final = timedelta(days=1)
# California's clocks change in each of them.
STARTS: Final = (datetime(2026, 10, 28, 6, 0, 5, tzinfo=UTC), datetime(2027, 3, 10, 0, 0, 5, tzinfo=UTC))

Event = Callable[[ObservedAccount], None]


def event(name: str, *arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.tuples(st.just(name), *arguments)


few, many = st.integers(1, 4), st.integers(1, 30)
EVENTS: Final = st.one_of(
    event("pass_windows", st.integers(1, 6)),
    event("pass_windows", few),
    event("miss_windows", many),
    event("fail_windows", few),
    event("refuse_windows", few),
    event("set_back", st.floats(0.5, 8)),
    event("read_twice"),
    event("kill", st.integers(0, 25)),
    event("back_fill", many, many),
    event("post", few),
    event("publish"),
    event("vanish", few),
    event("derive"),
    event("derive_days", st.integers(-1, 6), st.integers(0, 9)),
)

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("no_pauses")]


@settings(
    max_examples=EXAMPLES,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=list(HealthCheck),
    derandomize=EXAMPLES < 20,
    print_blob=True,
)
@example(
    platform="youtube",
    start=STARTS[0],
    spam=False,
    events=[("pass_windows", 5), ("fail_windows", 4), ("refuse_windows", 1), ("refuse_windows", 1)],
)
@given(
    platform=st.sampled_from(sorted(PLATFORMS)),
    start=st.sampled_from(STARTS),
    spam=st.booleans(),
    events=st.lists(EVENTS, min_size=4, max_size=14),
)
def test_figures_are_true_whatever_happened(
    platforms: Sandbox, platform: str, start: datetime, spam: bool, events: Sequence[tuple[Any, ...]]
) -> None:
    note(f"{platform} from {start}, spam is removed: {spam}, {events}")
    with standing_clock(start) as clock:
        observed = ObservedAccount(platforms, platform, clock, spam=spam)
        for name, *arguments in events:
            getattr(observed, name)(*arguments)
        observed.recover()
        check_readings(observed)
        check_reported_days(observed)
        check_post_days(observed)
        check_account_days(observed)
        check_derived_again(observed)
        check_answers(observed)


def rows(table: Any, *order: Any, **columns: Any) -> list[Any]:
    with transaction() as session:
        return list(session.scalars(select(table).filter_by(**columns).order_by(*order)))


def known(row: Any) -> dict[str, float]:
    return {metric: value for metric in METRICS if (value := getattr(row, metric)) is not None}


def snapshots(observed: ObservedAccount) -> list[MetricSnapshot]:
    return rows(MetricSnapshot, MetricSnapshot.taken_at, MetricSnapshot.id, account_id=observed.account_id)


def check_readings(observed: ObservedAccount) -> None:
    """Each reading has the time at which it was taken, and what was true at that time."""
    ids = {post.id: post.post_id for post in rows(SocialPost, account_id=observed.account_id)}
    taken = snapshots(observed)
    moments = sorted({snapshot.taken_at for snapshot in taken})
    assert set(moments) <= observed.moments
    truths = observed.sandbox.figures(observed.platform, *(moment.isoformat() for moment in moments), account=HANDLE)
    posts = {
        (moment, post["id"]): true_figures(post)
        for moment, truth in zip(moments, truths, strict=True)
        for post in truth["posts"]
    }
    for snapshot in taken:
        if snapshot.social_post_id:
            truth = posts[snapshot.taken_at, ids[snapshot.social_post_id]]
            read = known(snapshot)
            assert read.keys() <= OF_POSTS[observed.platform]
            assert {metric: read[metric] for metric in read.keys() & TRUE_NAMES.keys()} == {
                metric: truth[metric] for metric in read.keys() & TRUE_NAMES.keys()
            }


def check_reported_days(observed: ObservedAccount) -> None:
    """What a platform says of its days is stored as it says it now, without gaps."""
    zone = PLATFORMS[observed.platform].insights.days_in
    reported = {row.day: row for row in rows(ReportedDay, account_id=observed.account_id)}
    if zone is None:
        assert reported == {}
        return
    settled = observed.clock.moment.astimezone(zone).date() - timedelta(days=6)
    first = settled - timedelta(days=20)
    truth = observed.sandbox.days(observed.platform, str(first), str(settled), time_zone=str(zone), account=HANDLE)
    nothing = expected_day(observed.platform, NOTHING)
    for day in truth:
        expected = expected_day(observed.platform, day["totals"])
        row = reported.get(date.fromisoformat(day["day"]))
        if row is None:
            assert expected == nothing  # YouTube has no rows for such days
            continue
        said = known(row)
        # LinkedIn tells nothing of days before the first post, Instagram the new followers of the last 29 days only.
        unsaid = {metric for metric in expected.keys() - said.keys() if expected[metric]}
        assert unsaid <= ({"followers_gained"} if observed.platform == "instagram" else set())
        assert said == {metric: expected[metric] for metric in said}, row.day
        (shown,) = rows(DailyMetric, account_id=observed.account_id, day=row.day)
        assert said.items() <= known(shown).items()


def check_post_days(observed: ObservedAccount) -> None:
    """The days of a post add up to its last reading; they are estimated where a gap is, and unknown is not zero."""
    taken = [snapshot for snapshot in snapshots(observed) if snapshot.social_post_id]
    for post in rows(SocialPost, account_id=observed.account_id):
        own = [snapshot for snapshot in taken if snapshot.social_post_id == post.id]
        days = rows(DailyPostMetric, DailyPostMetric.day, social_post_id=post.id)
        for metric in TOTALS:
            values = [value for snapshot in own if (value := getattr(snapshot, metric)) is not None]
            grown = [value for day in days if (value := getattr(day, metric)) is not None]
            if values:
                assert sum(grown) == pytest.approx(values[-1], abs=1e-6), (post.post_id, metric)
            else:
                assert grown == []
        if own and known(own[0]):
            times = [post.published_at, *(snapshot.taken_at for snapshot in own)]
            assert {day.day: day.estimated for day in days} == estimated(times)


def estimated(times: Sequence[datetime]) -> dict[date, bool]:
    """Of each day between these readings, whether one of its borders lies in a gap between two of them."""
    gaps = [(start, end) for start, end in pairwise(sorted(times)) if end - start > timedelta(hours=7)]
    first, last = min(times), max(times)

    def is_measured(border: datetime) -> bool:
        return not any(start < border < end for start, end in gaps)

    days = {}
    for number in range((last.date() - first.date()).days + 1):
        midnight = datetime.combine(first.date() + number * _DAY, datetime.min.time(), UTC)
        borders = (max(midnight, first), min(midnight + _DAY, last))
        days[midnight.date()] = not all(map(is_measured, borders))
    return days


def check_account_days(observed: ObservedAccount) -> None:
    """What the platform does not tell is unknown; followers gained from the first whole day on add up to the growth."""
    told = OF_POSTS[observed.platform] | OF_DAYS.get(observed.platform, set()) | {"followers", "followers_gained"}
    days = rows(DailyMetric, DailyMetric.day, account_id=observed.account_id)
    for day in days:
        assert known(day).keys() <= told
    levels = [
        snapshot.followers
        for snapshot in snapshots(observed)
        if snapshot.social_post_id is None and snapshot.followers is not None
    ]
    if observed.platform not in OF_DAYS:
        gained = [day.followers_gained for day in days if day.followers_gained is not None]
        of_first_day = next(day.followers for day in days if day.followers is not None)
        assert sum(gained) == levels[-1] - of_first_day
    assert days[-1].followers == levels[-1]


def check_derived_again(observed: ObservedAccount) -> None:
    """Deriving everything again, from nothing, changes nothing."""
    before = everything(observed)
    with transaction() as session:
        for table in DailyMetric, DailyPostMetric:
            session.execute(delete(table).where(table.account_id == observed.account_id))
        daily.derive(session, observed.account_id, observed.today - timedelta(days=150), observed.today)
    assert everything(observed) == before


def everything(observed: ObservedAccount) -> dict[Any, Any]:
    """All days. The sum of seconds depends on the order of the posts, by the last bits of a float."""
    return {
        (row.day, getattr(row, "social_post_id", None)): (
            row.estimated,
            {metric: round(value, 6) for metric, value in known(row).items()},
        )
        for table in (DailyMetric, DailyPostMetric)
        for row in rows(table, account_id=observed.account_id)
    }


def check_answers(observed: ObservedAccount) -> None:
    """The API answers with the rows of the tables."""
    asked = Selection(observed.workspace_id, 30, end=observed.today)
    by_day = {row.day: known(row) for row in rows(DailyMetric, account_id=observed.account_id)}
    with transaction() as session:
        shown = figures.list_days(session, asked)
        summary = figures.summarize(session, asked)
    for day in shown:
        assert {metric: value for metric, value in day.figures.items() if value is not None} == pytest.approx(
            by_day.get(day.day, {})
        )
    for metric in TOTALS | {"followers_gained"}:
        values = [value for day in shown if (value := day.figures[metric]) is not None]
        assert summary.overall.current[metric] == (pytest.approx(sum(values)) if values else None)
        assert summary.platforms[observed.platform].current == summary.overall.current
