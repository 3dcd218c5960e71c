import asyncio
from uuid import uuid4

import pytest

from api.turnstile import Turnstile
from content_pipeline.core.rate_limits import Rate

pytestmark = pytest.mark.usefixtures("database")


def test_a_crowd_is_let_in_up_to_the_quota_in_the_order_of_arrival() -> None:
    async def crowd() -> list[int]:
        turnstile, bucket, rate = Turnstile(), str(uuid4()), Rate(10, 3600)
        standings = await asyncio.gather(*(turnstile.take(bucket, rate) for _ in range(14)))
        assert [standing.allowed for standing in standings] == [True] * 10 + [False] * 4
        return [standing.remaining for standing in standings]

    assert asyncio.run(crowd()) == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0, 0, 0, 0]


def test_buckets_do_not_wait_for_each_other_and_are_counted_apart() -> None:
    async def crowd() -> list[bool]:
        turnstile, rate = Turnstile(), Rate(1, 3600)
        buckets = [str(uuid4()) for _ in range(5)]
        standings = await asyncio.gather(*(turnstile.take(bucket, rate) for bucket in buckets))
        return [standing.allowed for standing in standings]

    assert asyncio.run(crowd()) == [True] * 5


def test_who_leaves_the_queue_does_not_hold_up_the_others() -> None:
    async def crowd() -> bool:
        turnstile, bucket, rate = Turnstile(), str(uuid4()), Rate(10, 3600)
        first, leaving, last = (asyncio.ensure_future(turnstile.take(bucket, rate)) for _ in range(3))
        await asyncio.sleep(0)
        leaving.cancel()
        return (await first).allowed and (await last).allowed

    assert asyncio.run(crowd())


def test_a_failure_reaches_everybody_and_the_next_ones_are_served() -> None:
    async def crowd() -> bool:
        turnstile, bucket = Turnstile(), str(uuid4())
        nonsense = Rate(10, float("nan"))
        failed = await asyncio.gather(*(turnstile.take(bucket, nonsense) for _ in range(3)), return_exceptions=True)
        assert all(isinstance(error, Exception) for error in failed)
        return (await turnstile.take(bucket, Rate(10, 3600))).allowed

    assert asyncio.run(crowd())
