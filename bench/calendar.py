"""Calendar items that are due: how soon their posts are begun, and how long a thousand of one minute take to be out.

They are real posts, to the stand-in of Instagram: each video is fetched, looked at, uploaded and published.
"""

import logging
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import uuid4

from pytest_httpserver import HTTPServer
from sqlalchemy import text
from sqlalchemy.orm import Session

from bench.environment import Environment
from bench.figures import Figure, Target, quantile
from content_pipeline.core.calendar import due
from content_pipeline.core.clock import now
from content_pipeline.sensors.calendar import RUNS_A_TICK
from tests.media import samples
from tests.stack.harness import Client, until

TOGETHER, ROUNDS = 20, 6
CROWD, ITEMS = 1_000, 10_000
# Instagram takes fifty posts of an account in a day.
POSTS_AN_ACCOUNT = 50
_TICK_SECONDS = 5.0

# Copies of the patterns in turn, `apart` seconds from each other; each has words of its own.
_COPIES = """
insert into calendar_items
select (jsonb_populate_record(item, jsonb_build_object(
        'id', gen_random_uuid(), 'caption', :marker || ' ' || number,
        'scheduled_at', cast(:at as timestamptz) + number * cast(:apart as float) * interval '1 s'))).*
from generate_series(0, :count - 1) number
join unnest(cast(:patterns as uuid[])) with ordinality pattern (id, place)
  on pattern.place = number % cardinality(cast(:patterns as uuid[])) + 1
join calendar_items item on item.id = pattern.id"""
_ENDED = "select count(*) from calendar_items where caption like :marker || ' %' and status in ('published', 'failed')"
# Seconds from its time until an item is `publishing`, and until its post is worked on.
_BEGUN_AFTER = """
select cast(extract(epoch from task.created_at - item.scheduled_at) as float),
       cast(extract(epoch from task.started_at - item.scheduled_at) as float)
from calendar_items item join tasks task on task.kind = 'publication' and task.key = item.publication_id::text
where item.caption like :marker || ' %'"""


def measure(environment: Environment) -> Iterator[Figure]:
    # They are counted for all accounts of an app together, of which a real one with so many posts has more.
    environment.stack.sandbox.set(instagram_calls_per_hour=1_000_000)
    with _film(environment) as url, environment.client() as client:
        rounds = environment.times(ROUNDS)
        patterns = _patterns(client, environment, TOGETHER, url)
        begun = [
            seconds
            for number in range(rounds)
            for seconds in _begun(environment, patterns, after=number * _TICK_SECONDS / rounds)
        ]
        claimed, started = zip(*begun, strict=True)
        what = f"{TOGETHER} calendar items due at one moment"
        yield Figure(f"{what} → publishing, 95 %", quantile(claimed, 0.95), "s", target=Target(8), samples=len(claimed))
        yield Figure(f"{what} → worked on, median", quantile(started, 0.5), "s", samples=len(started))
        yield Figure(f"{what} → worked on, 95 %", quantile(started, 0.95), "s", samples=len(started))
        yield _longest_tick(environment, patterns)
        crowd = environment.times(CROWD)
        patterns = _patterns(client, environment, -(-crowd // POSTS_AN_ACCOUNT), url)
        yield from _crowd(environment, patterns, crowd)


@contextmanager
def _film(environment: Environment) -> Iterator[str]:
    """The address of a video that Instagram takes."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # or it tells of every request
    film = samples.film(environment.folder / "film.mp4")
    with HTTPServer(port=environment.stack.remote_port, threaded=True) as server:
        server.expect_request("/film.mp4").respond_with_data(film.read_bytes(), content_type="video/mp4")
        yield f"http://localhost:{environment.stack.remote_port}/film.mp4"


def _patterns(client: Client, environment: Environment, count: int, url: str) -> list[str]:
    """The ids of items that are months away, each for a new account."""
    twin = client.twin()
    return [
        _pattern(client, twin, client.connect(environment.stack.sandbox, "instagram", f"{uuid4()}"[:8]), url)
        for _ in range(count)
    ]


def _pattern(client: Client, twin: str, account: str, url: str) -> str:
    item = {
        "twin_id": twin,
        "title": "How AI is changing content creation",
        "platform": "instagram",
        "account_id": account,
        "scheduled_at": (now() + timedelta(days=90)).isoformat(),
        "reel_url": url,
        "caption": "A pattern",
    }
    answer = client.http.post("/content/calendar", json=item)
    assert answer.status_code == 201, answer.text
    item_id: str = answer.json()["id"]
    return item_id


def _begun(environment: Environment, patterns: Sequence[str], *, after: float) -> list[tuple[float, float]]:
    """What `_BEGUN_AFTER` says of items that are due at one moment, which `after` moves between two ticks."""
    environment.idle()
    marker = str(uuid4())
    _schedule(environment, patterns, marker, len(patterns), at=now() + timedelta(seconds=_TICK_SECONDS + after))
    _wait(environment, marker, len(patterns), seconds=300)
    return environment.stack.sql(_BEGUN_AFTER, marker=marker)


def _longest_tick(environment: Environment, patterns: Sequence[str]) -> Figure:
    """In a transaction that is rolled back: the stack's own sensor sees nothing of it."""
    engine = environment.stack.engine.execution_options(isolation_level="READ COMMITTED")
    with Session(engine) as session:
        for count, at in ((CROWD, now()), (ITEMS - CROWD, now() + timedelta(days=30))):
            copies = {"patterns": list(patterns), "marker": "tick", "count": count, "at": at, "apart": 0}
            session.execute(text(_COPIES), copies)
        ticks = list(_ticks(session))
        session.rollback()
    what = f"{ITEMS:,} calendar items, {CROWD:,} due: the longest tick"
    return Figure(what, max(ticks), "s", target=Target(5), samples=len(ticks))


def _ticks(session: Session) -> Iterator[float]:
    """The seconds of each tick until nothing is due any more."""
    started = True
    while started:
        began = time.monotonic()
        due.record_outcomes(session)
        started = bool(due.start_posts(session, most=RUNS_A_TICK))
        session.flush()
        yield time.monotonic() - began


def _crowd(environment: Environment, patterns: Sequence[str], count: int) -> Iterator[Figure]:
    environment.idle()
    marker, first = str(uuid4()), now() + timedelta(seconds=_TICK_SECONDS)
    _schedule(environment, patterns, f"far {marker}", ITEMS - count, at=now() + timedelta(days=30), apart=60)
    _schedule(environment, patterns, marker, count, at=first, apart=60 / count)
    _wait(environment, marker, count, seconds=5 * count)
    took = (now() - first).total_seconds()
    out = Counter(post["text"] for post in environment.stack.sandbox.posts() if post["text"].startswith(marker))
    what = f"{ITEMS:,} calendar items, {count:,} due in one minute"
    yield Figure(f"{what}: until all are out", took, "s", samples=count)
    yield Figure(f"{what}: not out", count - len(out), "posts", target=Target(0), samples=count)
    yield Figure(f"{what}: out twice", out.total() - len(out), "posts", target=Target(0), samples=count)


def _schedule(
    environment: Environment, patterns: Sequence[str], marker: str, count: int, *, at: datetime, apart: float = 0
) -> None:
    environment.stack.sql(_COPIES, patterns=list(patterns), marker=marker, count=count, at=at, apart=apart)


def _wait(environment: Environment, marker: str, count: int, *, seconds: float) -> None:
    """Until all of them have ended."""
    until(
        lambda: environment.stack.sql(_ENDED, marker=marker)[0][0] == count,
        seconds=seconds,
        what="all posts",
        pause=0.5,
    )
