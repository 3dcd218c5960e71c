"""Feeds: one read for all who wait, in order, through failures."""

import asyncio
from collections.abc import Callable, Collection, Coroutine
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from api.streaming import feeds
from api.streaming.feeds import Feed, Subscription

LONG = 60.0


@dataclass(frozen=True)
class Count:
    version: str


class Source:
    """Counters by key, and the keys of each read."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.reads: list[set[str]] = []
        self.failures: list[Exception] = []

    def read(self, keys: Collection[str]) -> dict[str, Count]:
        self.reads.append(set(keys))
        if self.failures:
            raise self.failures.pop()
        return {key: Count(str(self.counts[key])) for key in keys if key in self.counts}


def run(work: Callable[[Feed[Count], Source], Coroutine[Any, Any, None]]) -> Source:
    """Run `work` beside a feed."""
    source = Source()

    async def together() -> None:
        feed = Feed(source.read, pause=0.01)
        running = asyncio.create_task(feed.run())
        await work(feed, source)
        running.cancel()

    asyncio.run(together())
    return source


async def version(subscription: Subscription[Count], after: str) -> str:
    found = await subscription.next(after, LONG)
    assert found
    return found.version


def test_changes_of_a_moment_are_read_once_for_all_who_wait() -> None:
    async def work(feed: Feed[Count], source: Source) -> None:
        source.counts = {"a": 1, "b": 1}
        with feed.subscribe("a") as one, feed.subscribe("a") as two, feed.subscribe("b") as three:
            assert [await version(each, "0") for each in (one, two, three)] == ["1", "1", "1"]
            source.counts = {"a": 2, "b": 2}
            feed.mark_changed(["a", "b", "a"])
            assert [await version(each, "1") for each in (one, two, three)] == ["2", "2", "2"]

    assert run(work).reads == [{"a", "b"}] * 2


def test_rows_that_nobody_waits_for_are_not_read() -> None:
    async def work(feed: Feed[Count], source: Source) -> None:
        source.counts = {"a": 1, "b": 1}
        with feed.subscribe("a") as one:
            assert await version(one, "0") == "1"
        with feed.subscribe("b") as two:
            feed.mark_changed(["a", "c"])
            assert await version(two, "0") == "1"

    assert run(work).reads == [{"a"}, {"b"}]


def test_a_row_whose_stream_has_ended_before_it_was_read_is_not_read() -> None:
    """Each stream of a finished batch had its 100 rows read a second time."""

    async def work(feed: Feed[Count], source: Source) -> None:
        source.counts = {"a": 1, "b": 1}
        with feed.subscribe("a"):
            pass
        with feed.subscribe("b") as two:
            assert await version(two, "0") == "1"
        with feed.subscribe("a"):
            pass
        with feed.subscribe("b") as two:
            assert await version(two, "0") == "1"

    assert run(work).reads == [{"b"}] * 2


def test_a_row_that_was_read_again_without_a_change_is_not_delivered() -> None:
    async def work(feed: Feed[Count], source: Source) -> None:
        source.counts = {"a": 1}
        with feed.subscribe("a") as one:
            assert await one.next("1", 0.1) is None

    assert run(work).reads == [{"a"}]


def test_a_slow_client_skips_the_states_in_between() -> None:
    async def work(feed: Feed[Count], source: Source) -> None:
        with feed.subscribe("a") as slow, feed.subscribe("a") as quick:
            for count in (1, 2, 3):
                source.counts = {"a": count}
                feed.mark_all_changed()
                assert await version(quick, str(count - 1)) == str(count)
            assert await version(slow, "0") == "3"

    run(work)


def test_an_unreachable_database_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "RETRY_SECONDS", 0.01)

    async def work(feed: Feed[Count], source: Source) -> None:
        source.counts = {"a": 1}
        source.failures = [OperationalError("select", {}, Exception("gone"))] * 2
        with feed.subscribe("a") as one:
            assert await version(one, "0") == "1"

    assert run(work).reads == [{"a"}] * 3


def test_a_row_that_cannot_be_read_ends_the_waiting_for_it_and_no_other() -> None:
    async def work(feed: Feed[Count], source: Source) -> None:
        source.counts = {"b": 1}
        source.failures = [ValueError("a bug")]
        with feed.subscribe("a") as one:
            assert await one.next("0", LONG) is None
            assert one.is_closed
        with feed.subscribe("b") as two:
            assert await version(two, "0") == "1"

    run(work)


def test_a_closed_feed_ends_all_waiting() -> None:
    async def work(feed: Feed[Count], source: Source) -> None:
        source.counts = {"a": 1}
        with feed.subscribe("a") as one:
            waiting = asyncio.create_task(one.next("1", LONG))
            await asyncio.sleep(0)
            feed.close()
            assert await waiting is None
        with feed.subscribe("a") as later:
            assert await later.next("1", LONG) is None

    run(work)
