"""Calendar items that are due: delay until work on their posts begins, alone and behind ten thousand of another
workspace, and time to publish a thousand due in one minute.

They are complete posts to the sandbox's Instagram: each video is fetched, probed, uploaded and published. They are
scheduled ahead, as clients do, so that they are prepared before their time; those behind the crowd are due at once.
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
from bench.figures import Figure, Reference, Target, median, quantile
from content_pipeline.core.calendar import due
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.settings import Settings
from content_pipeline.sensors.calendar import RUNS_A_TICK
from tests.media import samples
from tests.polling import until
from tests.stack.client import Client

TOGETHER, ROUNDS = 20, 6
CROWD, ITEMS = 1_000, 10_000
# Instagram allows fifty posts per account and day.
POSTS_AN_ACCOUNT = 50
_TICK_SECONDS = 5.0
# Enough to prepare the few.
_AHEAD_SECONDS = 60.0

# Copies of the template items round-robin, `apart` seconds from each other, each with its own caption.
_COPIES = """
insert into calendar_items
select (jsonb_populate_record(item, jsonb_build_object(
        'id', gen_random_uuid(), 'caption', :marker || ' ' || number,
        'scheduled_at', cast(:at as timestamptz) + number * cast(:apart as float) * interval '1 s'))).*
from generate_series(0, :count - 1) number
join unnest(cast(:templates as uuid[])) with ordinality template (id, place)
  on template.place = number % cardinality(cast(:templates as uuid[])) + 1
join calendar_items item on item.id = template.id"""
_COPIED = """
select count(*) from calendar_items item join tasks task on task.kind = 'video_copy' and task.key = item.id::text
where item.id = any(cast(:templates as uuid[])) and task.state = 'done'"""
# The benchmark does not wait for items of a crowd that no tick has claimed yet.
_CANCEL = "update calendar_items set status = 'canceled' where caption like :marker || ' %' and status = 'scheduled'"
_ENDED = "select count(*) from calendar_items where caption like :marker || ' %' and status in ('published', 'failed')"
# A workspace that has many runs open starts no more.
_DONE = "update tasks set state = 'done' where kind = 'publication' and state <> 'done'"
# Seconds from the scheduled time of an item until work on its post begins (its run starts; of a prepared one, it is
# about to be committed), and until it is published.
_AFTER = """
select cast(extract(epoch from case when task.started_at < item.scheduled_at then post.committed_at
                                    else task.started_at end - item.scheduled_at) as float),
       cast(extract(epoch from post.published_at - item.scheduled_at) as float)
from calendar_items item join publications post on post.id = item.publication_id
join tasks task on task.kind = 'publication' and task.key = post.id::text
where item.caption like :marker || ' %'"""


def measure(environment: Environment) -> Iterator[Figure]:
    # The limit is per app, not per account; a real app with so many posts has a higher one.
    environment.stack.sandbox.set(instagram_calls_per_hour=1_000_000)
    with film_url(environment) as url, environment.client() as client:
        rounds = environment.times(ROUNDS)
        templates = planned(client, environment, TOGETHER, url)
        begun = [
            seconds
            for number in range(rounds)
            for seconds in _begun(environment, templates, after=number * _TICK_SECONDS / rounds)
        ]
        started, published = zip(*begun, strict=True)
        what = f"{TOGETHER} calendar items due at one moment"
        yield Figure(f"{what} → worked on, median", quantile(started, 0.5), "s", samples=len(started))
        yield Figure(f"{what} → worked on, 95 %", quantile(started, 0.95), "s", target=Target(8), samples=len(started))
        yield Figure(f"{what} → published, 95 %", quantile(published, 0.95), "s", samples=len(published))
        yield _behind_crowd(environment, templates, url)
        yield _longest_tick(environment, templates)
        crowd = environment.times(CROWD)
        templates = planned(client, environment, -(-crowd // POSTS_AN_ACCOUNT), url)
        yield from _crowd(environment, templates, crowd)


@contextmanager
def film_url(environment: Environment) -> Iterator[str]:
    """URL of a video that Instagram accepts."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # otherwise it logs every request
    film = samples.film(environment.folder / "film.mp4")
    with HTTPServer(port=environment.stack.remote_port, threaded=True) as server:
        server.expect_request("/film.mp4").respond_with_data(film.read_bytes(), content_type="video/mp4")
        yield f"http://localhost:{environment.stack.remote_port}/film.mp4"


def planned(client: Client, environment: Environment, count: int, url: str) -> list[str]:
    """Ids of template items scheduled months ahead, each for a new account."""
    twin = client.create_twin()
    templates = [
        _template(client, twin, client.connect(environment.stack.sandbox, "instagram", f"{uuid4()}"[:8]), url)
        for _ in range(count)
    ]
    # The copies of the items share one copied video each, because a client's items were usually copied long before they
    # are due.
    until(
        lambda: environment.stack.sql(_COPIED, templates=templates)[0][0] == count,
        seconds=300,
        what="the videos of the templates",
        pause=0.5,
    )
    return templates


def _template(client: Client, twin: str, account: str, url: str) -> str:
    item = {
        "twin_id": twin,
        "title": "How AI is changing content creation",
        "platform": "instagram",
        "account_id": account,
        "scheduled_at": (now() + timedelta(days=90)).isoformat(),
        "reel_url": url,
        "caption": "A template",
    }
    answer = client.http.post("/content/calendar", json=item)
    assert answer.status_code == 201, answer.text
    item_id: str = answer.json()["id"]
    return item_id


def _begun(environment: Environment, templates: Sequence[str], *, after: float) -> list[tuple[float, float]]:
    """Result of `_AFTER` for items due at one moment; `after` shifts it between two ticks."""
    environment.idle()
    marker = str(uuid4())
    _schedule(environment, templates, marker, len(templates), at=now() + timedelta(seconds=_AHEAD_SECONDS + after))
    _wait(environment, marker, len(templates), seconds=300)
    return environment.stack.sql(_AFTER, marker=marker)


def _behind_crowd(environment: Environment, crowd: Sequence[str], url: str) -> Figure:
    """How long the single item of a workspace waits while another's ten thousand are due at one moment."""
    times, marker = environment.times(ROUNDS), str(uuid4())
    with environment.client() as person:
        own = planned(person, environment, 1, url)
        environment.idle()
        alone = [start_of_one(environment, own) for _ in range(times)]
        _schedule(environment, crowd, marker, ITEMS, at=now())
        crowded = [start_of_one(environment, own) for _ in range(times)]
        environment.stack.sql(_CANCEL, marker=marker)
    idle = Reference("without them, median", median(alone))
    what = f"a single calendar item behind {ITEMS:,} of another workspace → worked on, worst"
    return Figure(what, max(crowded), "s", idle, Target(10), times)


def start_of_one(environment: Environment, template: Sequence[str]) -> float:
    """Seconds from the scheduled time of one item, due at once, until its run starts."""
    marker = str(uuid4())
    _schedule(environment, template, marker, 1, at=now())
    _wait(environment, marker, 1, seconds=300)
    ((started, _),) = environment.stack.sql(_AFTER, marker=marker)
    return float(started)


def _longest_tick(environment: Environment, templates: Sequence[str]) -> Figure:
    """Measured in a transaction that is rolled back, so that the stack's own sensor does not see the items."""
    engine = environment.stack.engine.execution_options(isolation_level="READ COMMITTED")
    with Session(engine) as session:
        for count, at in ((CROWD, now()), (ITEMS - CROWD, now() + timedelta(days=30))):
            copies = {"templates": list(templates), "marker": "tick", "count": count, "at": at, "apart": 0}
            session.execute(text(_COPIES), copies)
        ticks = list(_ticks(session))
        session.rollback()
    what = f"{ITEMS:,} calendar items, {CROWD:,} due: the longest tick"
    return Figure(what, max(ticks), "s", target=Target(5), samples=len(ticks))


def _ticks(session: Session) -> Iterator[float]:
    """Seconds of each tick until nothing is due."""
    started = 1
    while started:
        began = time.monotonic()
        due.record_outcomes(session)
        started, _ = due.start_posts(session, most=RUNS_A_TICK)
        session.flush()
        yield time.monotonic() - began
        session.execute(text(_DONE))


def _crowd(environment: Environment, templates: Sequence[str], count: int) -> Iterator[Figure]:
    environment.idle()
    marker, first = str(uuid4()), now() + timedelta(seconds=Settings().prepare_ahead_seconds + _TICK_SECONDS)
    _schedule(environment, templates, f"far {marker}", ITEMS - count, at=now() + timedelta(days=30), apart=60)
    _schedule(environment, templates, marker, count, at=first, apart=60 / count)
    before = _cpu_seconds(environment)
    _wait(environment, marker, count, seconds=5 * count)
    took, cpu = (now() - first).total_seconds(), _cpu_seconds(environment) - before
    out = Counter(post["text"] for post in environment.stack.sandbox.posts() if post["text"].startswith(marker))
    what = f"{ITEMS:,} calendar items, {count:,} due in one minute"
    most = None if environment.quick else Target(120)
    yield Figure(f"{what}: until all are out", took, "s", target=most, samples=count)
    yield Figure(f"{what}: CPU of the stack and its sandbox per post", cpu / count * 1000, "ms", samples=count)
    yield Figure(f"{what}: not out", count - len(out), "posts", target=Target(0), samples=count)
    yield Figure(f"{what}: out twice", out.total() - len(out), "posts", target=Target(0), samples=count)


def _cpu_seconds(environment: Environment) -> float:
    """CPU time of all processes of the stack so far, and of those that have ended."""
    return sum(sum(process.cpu_times()[:4]) for process in environment.stack.processes())


def _schedule(
    environment: Environment, templates: Sequence[str], marker: str, count: int, *, at: datetime, apart: float = 0
) -> None:
    environment.stack.sql(_COPIES, templates=list(templates), marker=marker, count=count, at=at, apart=apart)


def _wait(environment: Environment, marker: str, count: int, *, seconds: float) -> None:
    """Wait until all items have ended."""
    until(
        lambda: environment.stack.sql(_ENDED, marker=marker)[0][0] == count,
        seconds=seconds,
        what="all posts",
        pause=0.5,
    )
