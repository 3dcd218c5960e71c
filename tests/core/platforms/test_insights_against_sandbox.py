"""The readers of figures against the sandbox: what they read is what is true there, to the unit."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from importlib import import_module
from typing import Any, Final
from uuid import UUID

import pytest

from content_pipeline.core.errors import UpstreamError
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.net import read_retries
from content_pipeline.core.platforms.accounts.authorized_calls import call_platform
from content_pipeline.core.platforms.base import Access, Expired
from content_pipeline.core.platforms.insights import Figures, InsightsReader, Metric, ScopeMissing
from content_pipeline.core.platforms.registry import PLATFORMS
from tests.accounts import connect, read_account
from tests.core.platforms.connecting import connected
from tests.sandbox_server import Sandbox
from tests.sandbox_truth import OF_POSTS, expected_day, true_figures

pytestmark = pytest.mark.slow

READABLE: Final = ("youtube", "instagram", "tiktok", "linkedin")
LISTABLE: Final = ("youtube", "instagram", "tiktok")
WITH_DAYS: Final = ("youtube", "instagram", "linkedin")


@pytest.fixture(autouse=True)
def _settled(platforms: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """No lag, which has a test of its own, and no pauses between tries."""
    monkeypatch.setattr(read_retries, "PAUSE_SECONDS", 0.0)
    platforms.set(youtube_lag_days=0, youtube_correction_days=0, instagram_insights_seconds=0, tiktok_listing_seconds=0)


def reader(platform: str) -> InsightsReader:
    return PLATFORMS[platform].insights


def assert_between(before: Figures, read: Figures, after: Figures) -> None:
    """Counts are those of a moment between two: the sandbox's time goes on."""
    for metric, value in read.items():
        if metric in before:
            assert before[metric] <= value <= after[metric], metric


def truth_of_posts(sandbox: Sandbox, platform: str) -> dict[str, Figures]:
    (truth,) = sandbox.figures(platform)
    return {post["id"]: true_figures(post) for post in truth["posts"]}


def told(platform: str, figures: Figures, truth: Figures) -> set[Metric]:
    """What a platform tells of a post: no average over no views, and LinkedIn nothing of what nobody has seen."""
    if platform == "linkedin" and not figures and not truth["impressions"]:
        return set()
    return OF_POSTS[platform] - (set() if figures["views"] else {"average_view_seconds"})


# ── posts ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("platform", LISTABLE)
def test_all_posts_of_an_account_are_found_over_several_pages(platforms: Sandbox, platform: str) -> None:
    made = platforms.history(platform, posts=120, days=100)
    access = connected(platforms, platform)
    found = list(reader(platform).list_posts(access, since=now() - timedelta(days=101)))
    assert [post.post_id for post in found] == [post["id"] for post in reversed(made)]
    by_id = {post["id"]: post for post in made}
    for post in found:
        truth = by_id[post.post_id]
        assert abs((post.published_at - datetime.fromisoformat(truth["time"])).total_seconds()) < 1
        assert post.text.endswith(truth["text"])
        assert post.url


@pytest.mark.parametrize("platform", LISTABLE)
def test_older_posts_are_not_listed(platforms: Sandbox, platform: str) -> None:
    made = platforms.history(platform, posts=120, days=100)
    access, since = connected(platforms, platform), now() - timedelta(days=30)
    found = list(reader(platform).list_posts(access, since=since))
    young = [post["id"] for post in reversed(made) if datetime.fromisoformat(post["time"]) >= since]
    assert ([post.post_id for post in found], len(young) > 20) == (young, True)


@pytest.mark.parametrize("platform", READABLE)
def test_the_totals_of_posts_are_true(platforms: Sandbox, platform: str) -> None:
    made = platforms.history(platform, posts=60, days=40)
    access = connected(platforms, platform)
    before = truth_of_posts(platforms, platform)
    read = reader(platform).read_posts(access, [post["id"] for post in made])
    after = truth_of_posts(platforms, platform)
    assert read.keys() == {post["id"] for post in made}
    for id, figures in read.items():
        assert figures.keys() == told(platform, figures, before[id])
        assert_between(before[id], figures, after[id])


@pytest.mark.parametrize("platform", READABLE)
def test_posts_that_are_gone_or_of_others_are_missing(platforms: Sandbox, platform: str) -> None:
    gone, kept = (post["id"] for post in platforms.history(platform, posts=2, days=9))
    (foreign,) = (post["id"] for post in platforms.history(platform, posts=1, days=9, account="tech.tom"))
    access = connected(platforms, platform)
    platforms.delete_post(platform, gone)
    assert reader(platform).read_posts(access, [gone, foreign, kept]).keys() == {kept}
    if platform in LISTABLE:
        listed = reader(platform).list_posts(access, since=now() - timedelta(days=10))
        assert [post.post_id for post in listed] == [kept]


def test_photos_and_media_from_before_the_account_was_professional_do_not_fail_the_others(platforms: Sandbox) -> None:
    made = platforms.history("instagram", posts=8, days=40, photos=4, professional_days=30)
    access = connected(platforms, "instagram")
    before = truth_of_posts(platforms, "instagram")
    read = reader("instagram").read_posts(access, [post["id"] for post in made])
    after = truth_of_posts(platforms, "instagram")
    of_photos = OF_POSTS["instagram"] - {"watch_seconds", "average_view_seconds"}
    kinds = [frozenset(figures) for figures in read.values()]
    assert kinds == [frozenset()] * 2 + [frozenset(of_photos)] * 2 + [frozenset(OF_POSTS["instagram"])] * 4
    for id, figures in read.items():
        assert_between(before[id], figures, after[id])


# ── accounts ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_channel_rounds_its_subscribers(platforms: Sandbox) -> None:
    platforms.history("youtube", followers=123_456)
    access = connected(platforms, "youtube")
    (before,) = platforms.figures("youtube")
    read = reader("youtube").read_account(access)
    (after,) = platforms.figures("youtube")
    assert before["totals"]["views"] <= read["views"] <= after["totals"]["views"]
    assert before["followers"] - 1000 < read["followers"] <= after["followers"]
    assert read["followers"] % 1000 == 0


@pytest.mark.parametrize(("platform", "expected"), [("instagram", {"followers"}), ("tiktok", {"followers", "likes"})])
def test_an_account_tells_its_followers(platforms: Sandbox, platform: str, expected: set[Metric]) -> None:
    platforms.history(platform)
    access = connected(platforms, platform)
    (before,) = platforms.figures(platform)
    read = reader(platform).read_account(access)
    (after,) = platforms.figures(platform)
    lowest, highest = sorted((before["followers"], after["followers"]))
    assert lowest <= read["followers"] <= highest
    assert_between(true_figures(before["totals"]), read, true_figures(after["totals"]))
    assert read.keys() == expected


# ── days ─────────────────────────────────────────────────────────────────────────────────────────────────


def true_days(sandbox: Sandbox, platform: str, first: date, last: date) -> dict[date, dict[str, Any]]:
    days = sandbox.days(platform, str(first), str(last), time_zone=str(reader(platform).days_in))
    return {date.fromisoformat(day["day"]): day for day in days}


@pytest.mark.parametrize("platform", WITH_DAYS)
def test_the_growth_of_days_is_true(platforms: Sandbox, platform: str) -> None:
    platforms.history(platform, posts=20, days=40)
    access, zone = connected(platforms, platform), reader(platform).days_in
    yesterday = now().astimezone(zone).date() - timedelta(days=1)
    first = yesterday - timedelta(days=25)
    read = {day.day: day.figures for day in reader(platform).read_days(access, first, yesterday + timedelta(days=9))}
    truth = true_days(platforms, platform, first, yesterday)
    assert read == {day: expected_day(platform, document["totals"]) for day, document in truth.items()}
    assert len(read) == 26


def test_youtubes_last_days_come_late_and_grow(platforms: Sandbox) -> None:
    platforms.set(youtube_lag_days=2, youtube_correction_days=2)
    platforms.history("youtube", posts=20, days=40)
    access, zone = connected(platforms, "youtube"), reader("youtube").days_in
    yesterday = now().astimezone(zone).date() - timedelta(days=1)
    first = yesterday - timedelta(days=9)
    truth = true_days(platforms, "youtube", first, yesterday)
    read = {day.day: day.figures["views"] for day in reader("youtube").read_days(access, first, yesterday)}
    assert max(read) == yesterday - timedelta(days=2)
    assert read[max(read)] < truth[max(read)]["totals"]["views"]
    assert read[first] == truth[first]["totals"]["views"]


@pytest.mark.parametrize("platform", WITH_DAYS)
def test_a_past_of_months_is_read_in_one_go(platforms: Sandbox, platform: str) -> None:
    platforms.history(platform, posts=40, days=120)
    access, zone = connected(platforms, platform), reader(platform).days_in
    yesterday = now().astimezone(zone).date() - timedelta(days=1)
    first = yesterday - timedelta(days=99)
    read = {day.day: day.figures["likes"] for day in reader(platform).read_days(access, first, yesterday)}
    truth = true_days(platforms, platform, first, yesterday)
    assert read == {day: document["totals"]["likes"] for day, document in truth.items()}


# ── audience ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("platform", ["youtube", "instagram"])
def test_the_audience_is_told_by_age_country_and_gender(platforms: Sandbox, platform: str) -> None:
    platforms.history(platform, followers=5000)
    shares = reader(platform).read_audience(connected(platforms, platform))
    for dimension in "age", "country", "gender":
        assert sum(share.share for share in shares if share.dimension == dimension) == pytest.approx(1, abs=0.02)
    values = {share.value for share in shares}
    assert {"18-24", "65+", "female", "male", "other", "US", "DE"} < values


@pytest.mark.parametrize(
    ("platform", "threshold"),
    [("youtube", {"youtube_demographics_views": 10**9}), ("instagram", {"instagram_demographics_followers": 10**9})],
)
def test_of_a_small_audience_no_people_are_told(platforms: Sandbox, platform: str, threshold: dict[str, int]) -> None:
    platforms.history(platform)
    access = connected(platforms, platform)
    platforms.set(**threshold)
    shares = reader(platform).read_audience(access)
    assert {share.dimension for share in shares} <= ({"country"} if platform == "youtube" else set())
    day = now().date() - timedelta(days=3)
    (read,) = [found.figures for found in reader(platform).read_days(access, day, day)]
    assert "views" in read


# ── consent ──────────────────────────────────────────────────────────────────────────────────────────────

BEFORE_FIGURES: Final = {
    "youtube": ["https://www.googleapis.com/auth/youtube.upload", "https://www.googleapis.com/auth/youtube.readonly"],
    "instagram": ["instagram_business_content_publish", "instagram_business_basic"],
}


@pytest.fixture
def before_figures(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Connects a platform's accounts without the scopes of figures, as before these were asked for."""

    def ask_for_less(platform: str) -> None:
        package = f"content_pipeline.core.platforms.{platform}"
        if platform in BEFORE_FIGURES:
            monkeypatch.setattr(import_module(f"{package}.oauth"), "SCOPES", BEFORE_FIGURES[platform])
        else:
            monkeypatch.setattr(import_module(f"{package}.insights"), "SCOPES", ())

    return ask_for_less


def readings(platform: str, access: Access) -> list[Callable[[], object]]:
    """What the platform needs the scopes of figures for."""
    its = reader(platform)
    if platform == "tiktok":
        return [lambda: list(its.list_posts(access, since=now() - timedelta(days=60)))]
    day = now().date() - timedelta(days=3)
    if platform == "linkedin":
        return [lambda: its.read_days(access, day, day), lambda: its.read_posts(access, ["urn:li:share:1"])]
    return [lambda: its.read_days(access, day, day), lambda: its.read_audience(access)]


@pytest.mark.parametrize("platform", READABLE)
def test_an_account_that_was_connected_before_is_told_to_be_connected_again(
    platforms: Sandbox, before_figures: Callable[[str], None], platform: str
) -> None:
    before_figures(platform)
    platforms.history(platform)
    for read in readings(platform, connected(platforms, platform)):
        with pytest.raises(ScopeMissing) as missing:
            read()
        assert missing.value.remedy.startswith("Connect the account again")


@pytest.mark.parametrize("platform", READABLE)
def test_a_token_that_has_ended_is_refreshed_by_the_caller(platforms: Sandbox, platform: str) -> None:
    platforms.history(platform)
    access = connected(platforms, platform)
    platforms.advance(61 * 24 * 3600)
    for read in readings(platform, access):
        with pytest.raises(Expired):
            read()


@pytest.mark.parametrize("platform", READABLE)
def test_an_account_without_the_scopes_goes_on_publishing(
    platforms: Sandbox, workspace_id: UUID, before_figures: Callable[[str], None], platform: str
) -> None:
    before_figures(platform)
    account = connect(platforms, workspace_id, platform)
    with pytest.raises(ScopeMissing):
        call_platform(account.id, lambda access: [read() for read in readings(platform, access)])
    assert read_account(account.id).status == "connected"


# ── faults ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("platform", READABLE)
@pytest.mark.parametrize("fault", [{"kind": "drop"}, {"kind": "status", "status": 503}])
def test_a_short_fault_is_not_noticed_and_a_long_one_is_told(
    platforms: Sandbox, platform: str, fault: dict[str, Any]
) -> None:
    platforms.history(platform)
    access = connected(platforms, platform)
    for read in readings(platform, access):
        expected = read()
        platforms.fail(platform, "insights", **fault)
        assert read() == expected
        platforms.fail(platform, "insights", **fault, times=3)
        with pytest.raises(UpstreamError) as failed:
            read()
        assert failed.value.retryable
        assert read() == expected
