"""The model of growth: what holds for every post at every time."""

import itertools
from dataclasses import replace
from datetime import datetime
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.metrics import growth
from sandbox.metrics.features import Features, hook_of, time_zone_of
from sandbox.metrics.figures import Figures

HOUR = 3600.0
DAY = 24 * HOUR
YEAR = 365 * DAY
# A Tuesday evening, where the account's audience lives.
TUESDAY = datetime(2026, 9, 22, 19, tzinfo=time_zone_of("instagram", "an account")).timestamp()
FOLLOWERS = 2_000

features = st.builds(
    Features,
    platform=st.sampled_from(["instagram", "tiktok", "linkedin", "youtube"]),
    account=st.text(max_size=8),
    id=st.text(max_size=12),
    time=st.floats(TUESDAY, TUESDAY + YEAR),
    seconds=st.floats(1, 600),
    hook=st.sampled_from(["question", "warning", "number", "plain"]),
    style=st.sampled_from(["", "karaoke", "boxed"]),
    hashtags=st.integers(0, 30),
    audience=st.sampled_from([0.0, 0.4, 1.0]),
)
ages = st.floats(-DAY, YEAR)


def post(number: int = 0, **changes: object) -> Features:
    plain = Features("instagram", "an account", str(number), TUESDAY, 20.0, "plain", "", 3, 1.0)
    return replace(plain, **changes)


def after(features: Features, age: float, **options: object) -> Figures:
    return growth.figures(features, FOLLOWERS, features.time + age, **options)


def usual_views(age: float = 30 * DAY, **changes: object) -> float:
    return median(after(post(number, **changes), age).views for number in range(400))


# ── what always holds ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
@given(features, ages, ages)
def test_no_count_ever_falls(features: Features, one: float, other: float) -> None:
    early, late = (after(features, age).as_dict() for age in sorted((one, other)))
    assert all(early[name] <= late[name] for name in early)


@pytest.mark.slow
@given(features, ages, st.booleans())
def test_counts_fit_each_other(features: Features, age: float, spam: bool) -> None:
    counts = after(features, age, spam=spam)
    assert 0 <= counts.likes <= counts.views
    assert 0 <= counts.reach <= counts.views <= counts.impressions
    assert counts.comments + counts.shares + counts.saves + counts.clicks <= counts.views
    assert 0 <= counts.followers_lost <= counts.followers_gained <= counts.views
    assert counts.watch_milliseconds <= 1000 * features.seconds * counts.views


@given(features, ages)
def test_the_past_stays_as_it_was(features: Features, age: float) -> None:
    assert after(features, age) == after(replace(features), age)
    assert after(features, age, seen_at=features.time + 2 * YEAR) == after(features, age)


@given(features, st.floats(-DAY, 0))
def test_there_is_nothing_before_the_post(features: Features, age: float) -> None:
    assert after(features, age) == Figures()


@given(features, ages, ages)
def test_spam_is_removed_from_all_days_at_once(features: Features, one: float, other: float) -> None:
    early, late = sorted((one, other))
    now = features.time + YEAR
    seen = [after(features, age, seen_at=now, spam=True) for age in (early, late)]
    assert all(value >= 0 for value in (seen[1] - seen[0]).as_dict().values())
    assert after(features, YEAR, spam=True) == after(features, YEAR, seen_at=now, spam=True)


@given(features, ages, ages)
def test_a_deleted_post_grows_no_more(features: Features, one: float, other: float) -> None:
    deletion, later = sorted((one, other))
    deleted = replace(features, deleted_at=features.time + deletion)
    assert after(deleted, later) == after(features, deletion)


# ── what is usual ────────────────────────────────────────────────────────────────────────────────────────


def test_totals_of_some_posts_fall_when_spam_is_removed_from_them() -> None:
    hours = [after_hours * HOUR for after_hours in range(0, 200, 2)]
    fell = set()
    for number in range(60):
        counts = [after(post(number), age, spam=True).views for age in hours]
        fell |= {number for one, next_one in itertools.pairwise(counts) if next_one < one}
    assert 3 <= len(fell) <= 30


def test_half_of_a_months_views_come_in_the_first_two_days() -> None:
    share = median(after(post(n), 2 * DAY).views / after(post(n), 30 * DAY).views for n in range(400))
    assert 0.5 <= share <= 0.75


def test_a_tenth_of_the_posts_has_the_larger_part_of_the_views() -> None:
    views = sorted((after(post(number), 30 * DAY).views for number in range(1000)), reverse=True)
    assert sum(views[:200]) > sum(views[200:])
    assert views[0] > 10 * median(views)


def test_some_posts_have_a_second_wave() -> None:
    def speeds_up(number: int) -> bool:
        weeks = [after(post(number), week * 7 * DAY).views for week in range(1, 6)]
        gains = [late - early for early, late in itertools.pairwise(weeks)]
        return any(late > 2 * early for early, late in itertools.pairwise(gains))

    assert 10 <= sum(speeds_up(number) for number in range(200)) <= 60


def test_the_hour_of_publishing_matters() -> None:
    evening, night = (usual_views(time=TUESDAY + hours * HOUR) for hours in (0, 8))
    assert evening > 1.5 * night


def test_weekends_are_bad_for_linkedin() -> None:
    tuesday, saturday = (usual_views(platform="linkedin", time=TUESDAY + days * DAY) for days in (0, 4))
    assert tuesday > 1.8 * saturday


def test_a_question_at_the_beginning_is_worth_more() -> None:
    assert usual_views(hook="question") > 1.2 * usual_views()


def test_less_of_a_longer_video_is_watched_although_each_view_lasts_longer() -> None:
    short, long = post(seconds=10.0), post(seconds=60.0)
    assert short.watched_share > 1.4 * long.watched_share
    assert short.watched_share * 10 < long.watched_share * 60


@pytest.mark.parametrize(
    ("text", "hook"),
    [
        ("Why is bread sour?", "question"),
        ("Why not? It works.", "question"),
        ("Stop kneading your bread! It needs time.", "warning"),
        ("3 rules of good bread", "number"),
        ("Bread needs time. Does it?", "plain"),
        ("", "plain"),
    ],
)
def test_the_first_sentence_is_the_hook(text: str, hook: str) -> None:
    assert hook_of(text) == hook


def test_a_photo_is_seen_but_not_watched() -> None:
    document = {"platform": "instagram", "account": "a", "id": "1", "time": TUESDAY, "text": "", "media_type": "IMAGE"}
    counts = after(Features.of(document), YEAR)
    assert counts.views > 0
    assert counts.watch_milliseconds == 0


def test_a_private_post_has_no_figures() -> None:
    document = {"platform": "tiktok", "account": "a", "id": "1", "time": TUESDAY, "text": "", "privacy": "SELF_ONLY"}
    assert after(Features.of(document), YEAR) == Figures()
