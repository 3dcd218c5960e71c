"""The in-process rate limiter in front of the shared token buckets."""

import asyncio
from collections.abc import Mapping, Sequence
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import DataError

from api.limits.rate_limiter import RateLimiter
from content_pipeline.core.infrastructure import rate_limits
from content_pipeline.core.infrastructure.rate_limits import Rate, RateLimitResult

pytestmark = pytest.mark.usefixtures("database")

HOUR = 3600.0


async def crowd(turnstile: RateLimiter, bucket: str, rate: Rate, size: int) -> list[RateLimitResult]:
    return await asyncio.gather(*(turnstile.take(bucket, rate) for _ in range(size)))


@pytest.mark.slow
@given(quota=st.integers(1, 12), size=st.integers(1, 20))
def test_a_crowd_is_let_in_as_the_database_would_let_it_in_one_by_one(quota: int, size: int) -> None:
    rate, alone = Rate(quota, HOUR), str(uuid4())
    # The very first of a bucket wait for the database, and may overtake each other there.
    here = asyncio.run(crowd(RateLimiter(), str(uuid4()), rate, size))
    here.sort(key=lambda one: (not one.allowed, -one.remaining))
    there = [rate_limits.take(alone, rate) for _ in range(size)]
    for left, right in zip(here, there, strict=True):
        assert (left.allowed, left.remaining) == (right.allowed, right.remaining)
        assert left.reset_after == pytest.approx(right.reset_after, abs=60)
        assert left.retry_after == pytest.approx(right.retry_after, abs=60)


def test_a_crowd_that_comes_first_asks_the_database_once(monkeypatch: pytest.MonkeyPatch) -> None:
    charge, asked = rate_limits.charge, list[Mapping[str, float]]()

    def count(taken: Mapping[str, float]) -> dict[str, float]:
        asked.append(taken)
        return charge(taken)

    monkeypatch.setattr(rate_limits, "charge", count)
    bucket = str(uuid4())
    let_in = asyncio.run(crowd(RateLimiter(), bucket, Rate(10, HOUR), 50))
    assert sum(one.allowed for one in let_in) == 10
    assert asked == [{bucket: 0.0}]


def test_buckets_are_counted_apart() -> None:
    async def each() -> list[bool]:
        turnstile, rate = RateLimiter(), Rate(1, HOUR)
        return [(await turnstile.take(str(uuid4()), rate)).allowed for _ in range(5)]

    assert asyncio.run(each()) == [True] * 5


def test_a_process_starts_from_what_others_have_settled() -> None:
    async def one_after_another() -> list[RateLimitResult]:
        bucket, rate = str(uuid4()), Rate(4, HOUR)
        first = RateLimiter()
        await crowd(first, bucket, rate, 3)
        await first.sync()
        return await crowd(RateLimiter(), bucket, rate, 2)

    assert sum(standing.allowed for standing in asyncio.run(one_after_another())) == 1


def test_processes_at_work_learn_of_each_other_when_they_settle() -> None:
    async def side_by_side() -> list[bool]:
        bucket, rate = str(uuid4()), Rate(4, HOUR)
        left, right = RateLimiter(), RateLimiter()
        let_in = []
        for turnstile in left, right, left:
            let_in += await crowd(turnstile, bucket, rate, 2)
            await turnstile.sync()
        return [standing.allowed for standing in [*let_in, await left.take(bucket, rate)]]

    # Two more than the quota, because the left one did not know of the right one's when it was asked again.
    assert asyncio.run(side_by_side()) == [True] * 6 + [False]


@pytest.mark.slow
def test_what_is_let_in_is_settled_without_being_asked_to() -> None:
    async def wait() -> float:
        turnstile, bucket = RateLimiter(), str(uuid4())
        await turnstile.take(bucket, Rate(4, HOUR))
        while not (filled := rate_limits.charge({bucket: 0.0})[bucket]):
            await asyncio.sleep(0.05)
        return filled

    assert asyncio.run(asyncio.wait_for(wait(), 30)) == pytest.approx(HOUR / 4, abs=60)


def test_a_failure_reaches_who_asks_and_the_next_ones_are_served() -> None:
    async def after_a_failure() -> bool:
        turnstile, rate = RateLimiter(), Rate(10, HOUR)
        with pytest.raises(DataError):
            await turnstile.take("no bucket\0", rate)
        return (await turnstile.take(str(uuid4()), rate)).allowed

    assert asyncio.run(after_a_failure())


@pytest.mark.parametrize(("amounts", "allowed"), [((41, 41, 18), 3), ((41, 41, 19), 2), ((90, 60, 10), 2), ((101,), 0)])
def test_units_are_taken_all_or_none_up_to_exactly_the_quota(amounts: Sequence[int], allowed: int) -> None:
    async def each() -> list[RateLimitResult]:
        limiter, bucket = RateLimiter(), str(uuid4())
        return [await limiter.take(bucket, Rate(100, HOUR), amount) for amount in amounts]

    assert sum(result.allowed for result in asyncio.run(each())) == allowed


def test_the_wait_is_until_as_many_units_fit_as_were_asked_for() -> None:
    async def each() -> list[RateLimitResult]:
        limiter, bucket = RateLimiter(), str(uuid4())
        return [await limiter.take(bucket, Rate(100, HOUR), amount) for amount in (80, 60)]

    taken, refused = asyncio.run(each())
    assert (taken.allowed, refused.allowed) == (True, False)
    assert refused.retry_after == pytest.approx(HOUR * 0.395, abs=60)
