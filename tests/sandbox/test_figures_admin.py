"""The admin API of figures: histories, deleted posts, and what is true."""

from collections.abc import Iterable
from datetime import timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.sandbox.instagram.creator import connect
from tests.sandbox_client import Sandbox

pytestmark = pytest.mark.slow

PLATFORMS = ["instagram", "tiktok", "linkedin", "youtube"]


def plus(figures: Iterable[dict[str, Any]]) -> dict[str, int]:
    """The sums of figures, without ids."""
    whole: dict[str, int] = {}
    for each in figures:
        for name, value in each.items():
            if name not in ("id", "deleted"):
                whole[name] = whole.get(name, 0) + value
    return whole


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_history_is_seen_by_all_and_lies_in_the_past(sandbox: Sandbox, platform: str) -> None:
    made = sandbox.history(platform, posts=12, days=30)
    assert [post["id"] for post in sandbox.posts()] == [post["id"] for post in made]
    times = [post["time"] for post in made]
    assert times == sorted(times)
    oldest = (sandbox.now() - timedelta(days=30, minutes=1)).isoformat()
    assert oldest < times[0] < times[-1] < sandbox.now().isoformat()
    assert len({post["id"] for post in made}) == len(made)
    assert sandbox.http.get(made[0]["media"]).headers["content-type"] == "video/mp4"
    assert made[0]["id"] in sandbox.http.get("/").text


def test_the_same_account_gets_the_same_history_and_more_of_it(sandbox: Sandbox) -> None:
    first = sandbox.history("tiktok", posts=3)
    sandbox.reset()
    again = sandbox.history("tiktok", posts=3)
    assert [(post["id"], post["text"]) for post in again] == [(post["id"], post["text"]) for post in first]
    more = sandbox.history("tiktok", posts=2)
    assert not {post["id"] for post in more} & {post["id"] for post in first}


def test_an_account_is_the_sum_of_its_posts_and_the_followers_that_it_had(sandbox: Sandbox) -> None:
    sandbox.history("instagram", posts=10, days=20, followers=5_000)
    (now,) = sandbox.figures("instagram")
    assert plus(now["posts"]) == now["totals"]
    assert now["totals"]["views"] > 0
    gained, lost = now["totals"]["followers_gained"], now["totals"]["followers_lost"]
    assert now["followers"] == 5_000 + gained - lost


@pytest.mark.parametrize("zone", ["UTC", "America/Los_Angeles", "Asia/Kolkata"])
def test_days_add_up_to_the_totals_in_each_time_zone(sandbox: Sandbox, zone: str) -> None:
    made = sandbox.history("instagram", posts=10, days=20)
    midnight = sandbox.now().astimezone(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    (then,) = sandbox.figures("instagram", midnight.isoformat())
    first, last = (str((midnight - timedelta(days=days)).date()) for days in (22, 1))
    days = sandbox.days("instagram", first, last, time_zone=zone)
    assert plus(day["totals"] for day in days) == then["totals"]
    assert plus(figures for day in days for figures in day["posts"].values()) == then["totals"]
    assert days[-1]["followers"] == then["followers"]
    assert {id for day in days for id in day["posts"]} <= {post["id"] for post in made}


def test_a_day_that_is_not_over_has_what_it_has_and_the_next_one_nothing(sandbox: Sandbox) -> None:
    sandbox.history("instagram", posts=10, days=2)
    first, last = (str((sandbox.now() + timedelta(days=days)).date()) for days in (-3, 1))
    *_, today, tomorrow = sandbox.days("instagram", first, last)
    assert today["totals"]["views"] >= 0
    assert set(tomorrow["totals"].values()) == {0}


def test_the_past_can_be_asked_at_any_time(sandbox: Sandbox) -> None:
    sandbox.history("youtube", posts=5, days=10)
    moments = [(sandbox.now() - timedelta(days=days)).isoformat() for days in (20, 8, 2)]
    before, early, late = sandbox.figures("youtube", *moments)
    assert (before["posts"], before["totals"]["views"]) == ([], 0)
    assert 0 < early["totals"]["views"] < late["totals"]["views"]
    sandbox.advance(86_400)
    assert [each["totals"] for each in sandbox.figures("youtube", *moments)] == [
        each["totals"] for each in (before, early, late)
    ]


def test_totals_fall_where_spam_is_removed_and_days_never_do(sandbox: Sandbox) -> None:
    sandbox.history("tiktok", posts=40, days=30, followers=100_000)
    hours = [(sandbox.now() - timedelta(hours=hours)).isoformat() for hours in range(720, 0, -6)]

    def falls() -> int:
        counts: list[dict[str, int]] = [
            {post["id"]: post["views"] for post in each["posts"]} for each in sandbox.figures("tiktok", *hours)
        ]
        pairs = pairwise(counts)
        return sum(late[id] < views for early, late in pairs for id, views in early.items())

    assert falls() == 0
    sandbox.set(spam_removal=True)
    assert falls() > 0
    days = sandbox.days("tiktok", hours[0][:10], hours[-1][:10])
    assert all(value >= 0 for day in days for value in day["totals"].values())


def test_a_deleted_post_is_gone_but_what_it_had_remains_true(sandbox: Sandbox) -> None:
    made = sandbox.history("instagram", posts=4)
    gone = made[1]["id"]
    (before,) = sandbox.figures("instagram")
    sandbox.delete_post("instagram", gone)
    sandbox.advance(86_400)
    assert gone not in [post["id"] for post in sandbox.posts()]
    assert gone not in sandbox.http.get("/").text
    (after,) = sandbox.figures("instagram")
    old, new = ({post["id"]: post for post in each["posts"]}[gone] for each in (before, after))
    assert new["deleted"] is True
    assert new["views"] - old["views"] <= 1  # the moment between the two
    assert sandbox.http.delete(f"/_sandbox/posts/instagram/{gone}").status_code == 404


def test_the_followers_that_were_given_stay_when_the_account_is_connected(sandbox: Sandbox) -> None:
    sandbox.history("instagram", posts=1, days=1, followers=77)
    (before,) = sandbox.figures("instagram")
    connect(sandbox)
    (after,) = sandbox.figures("instagram")
    assert 77 <= before["followers"] <= after["followers"] <= before["followers"] + 1


@pytest.mark.parametrize(
    "wrong",
    [{"posts": 0}, {"days": -1}, {"platform": "myspace"}, {"account": "no one"}, {"followers": -1}, {"photos": 1}],
)
def test_a_history_that_makes_no_sense_is_refused(sandbox: Sandbox, wrong: dict[str, Any]) -> None:
    order = {"platform": "tiktok", "account": "mara.bakes", "posts": 1, "days": 1, **wrong}
    assert sandbox.http.post("/_sandbox/history", json=order).status_code == 422


def test_unknown_accounts_zones_and_ranges_are_refused(sandbox: Sandbox) -> None:
    def status(path: str, **query: str) -> int:
        return sandbox.http.get(
            f"/_sandbox/{path}", params={"platform": "tiktok", "account": "mara.bakes", **query}
        ).status_code

    assert status("figures") == 404
    sandbox.history("tiktok", posts=1)
    assert status("figures") == 200
    day = {"first": "2026-01-02", "last": "2026-01-02"}
    assert status("figures/days", **day) == 200
    assert status("figures/days", **{**day, "last": "2026-01-01"}) == 422
    assert status("figures/days", **day, time_zone="Mars/Olympus") == 422
