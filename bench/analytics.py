"""Analytics of a year: derivation time, query latency, back-fill, exports and table sizes."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Final
from uuid import UUID, uuid4

import psycopg
from sqlalchemy.orm import Session

from bench import exports, metrics_back_fill
from bench.environment import Environment
from bench.figures import Figure, Reference, Target, median
from content_pipeline.core.analytics import daily
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.workspaces import workspaces
from tests import questions
from tests.stack.client import answered
from tests.stack.harness import Stack

ACCOUNTS: Final = 200
POSTS: Final = 20_000
DERIVE_SECONDS: Final = 60

# The accounts are disconnected, so that the sync of the stack leaves them alone.
_ACCOUNTS: Final = """
insert into accounts (id, workspace_id, platform, user_id, handle, name, status, scopes, connected_at, created_at)
select gen_random_uuid(), :workspace, (array['instagram', 'linkedin', 'tiktok', 'youtube'])[1 + number % 4],
       'bench-' || number, '@bench', 'Bench', 'disconnected', '{}', now(), now()
from generate_series(1, :count) as number returning id"""

_POSTS: Final = """
insert into social_posts (id, workspace_id, account_id, platform, post_id, text, published_at, next_read_at, read_at)
select gen_random_uuid(), workspace_id, id, platform, 'bench-' || number, '', at, at, at
from accounts, generate_series(1, :count) as number,
     lateral (select now() - random() * interval '1 year' + number * interval '0 s' as at) as published
where workspace_id = :workspace"""

# Every six hours for a week, daily for a month, weekly after that, seconds after the end of a window.
_SNAPSHOTS: Final = """
insert into metric_snapshots (account_id, social_post_id, taken_at, views, likes, comments, shares)
select account_id, id, taken_at, views, views / 20, views / 200, views / 100
from social_posts,
     lateral (select generate_series(6, 168, 6) union all select generate_series(192, 720, 24)
              union all select generate_series(888, 8760, 168)) as read (hours),
     lateral (select date_bin('6 hours', published_at + hours * interval '1 hour', timestamptz '2000-01-01 UTC')
                     + interval '5 s' as taken_at,
                     (10000 * (1 - exp(-hours / 120.0)))::bigint as views) as figures
where workspace_id = :workspace and taken_at between published_at and now()"""

# The same in rows of one metric each, with the same index.
_LONG: Final = (
    "drop table if exists bench_long",
    "create table bench_long as select account_id, social_post_id, taken_at, metric, value from metric_snapshots,"
    " lateral (values ('views', views), ('likes', likes), ('comments', comments), ('shares', shares))"
    " as figures (metric, value)",
    "create index on bench_long (account_id, social_post_id, metric, taken_at)",
)


def measure(environment: Environment) -> Iterator[Figure]:
    yield from metrics_back_fill.measure(environment)
    scale = 0.1 if environment.quick else 1.0
    stack, posts = environment.stack, int(POSTS * scale)
    with environment.client() as client:
        with Session(stack.engine) as session:
            workspace_id = workspaces.authenticate(session, client.http.headers["X-API-Key"]).workspace_id
        accounts = fill(stack, workspace_id, int(ACCOUNTS * scale), posts)
        yield Figure(
            f"a year of daily metrics of {len(accounts)} accounts and {posts:,} posts, derived",
            derive(stack, accounts),
            "s",
            target=Target(DERIVE_SECONDS * scale),
        )
        stack.sql("analyze daily_metrics, daily_post_metrics")
        for path in ("/analytics/social?days=365", "/analytics/social/summary?days=365"):
            for zone in ("", "&timezone=America/Los_Angeles"):
                query = partial(client.http.get, path + zone)
                times = [
                    1000 * answered(query).raise_for_status().elapsed.total_seconds()
                    for _ in range(environment.times(30))
                ]
                yield Figure(f"GET {path}{zone}, median", median(times), "ms", target=Target(200), samples=len(times))
        rows = _rows(stack, "daily_post_metrics")
        yield from exports.measure(stack, environment.folder, workspace_id, many=min(exports.MANY, rows))
    yield _slowest_question(stack)
    for statement in _LONG:
        stack.sql(statement)
    long = Reference("with a row for each metric", _megabytes(stack, "bench_long"))
    yield Figure(f"{_rows(stack, 'metric_snapshots'):,} snapshots", _megabytes(stack, "metric_snapshots"), "MB", long)
    days = _rows(stack, "daily_post_metrics")
    yield Figure(f"{days:,} days of posts", _megabytes(stack, "daily_post_metrics"), "MB")
    stack.sql("drop table bench_long")


def fill(stack: Stack, workspace_id: UUID, accounts: int, posts: int) -> list[UUID]:
    """Insert accounts with a year of posts and snapshots. Returns the accounts' ids."""
    made = stack.sql(_ACCOUNTS, workspace=workspace_id, count=accounts)
    stack.sql(_POSTS, workspace=workspace_id, count=posts // accounts)
    stack.sql(_SNAPSHOTS, workspace=workspace_id)
    stack.sql("analyze accounts, social_posts, metric_snapshots")
    return [account_id for (account_id,) in made]


def derive(stack: Stack, accounts: list[UUID]) -> float:
    today = now().date()
    began = time.monotonic()
    for account_id in accounts:
        with Session(stack.engine) as session:
            daily.derive(session, account_id, today - timedelta(days=365), today)
    return time.monotonic() - began


def _slowest_question(stack: Stack) -> Figure:
    """Of those in SQL, asked by an analyst of all workspaces."""
    name = f"bench_{uuid4().hex}"
    with psycopg.connect(stack.run("analysts", "create", name).stdout.strip()) as analyst:
        asked = {question: _milliseconds(partial(analyst.execute, sql)) for question, sql in questions.in_sql().items()}
    stack.run("analysts", "drop", name)
    slowest = max(asked, key=lambda question: asked[question])
    days = _rows(stack, "daily_post_metrics")
    return Figure(
        f"slowest question of examples/questions.sql, over {days:,} days of posts: {slowest}", asked[slowest], "ms"
    )


def _milliseconds(action: Callable[[], object]) -> float:
    began = time.monotonic()
    action()
    return (time.monotonic() - began) * 1000


def _megabytes(stack: Stack, table: str) -> float:
    ((size,),) = stack.sql("select pg_total_relation_size(:table) / 1e6", table=table)
    return float(size)


def _rows(stack: Stack, table: str) -> int:
    ((count,),) = stack.sql(f"select count(*) from {table}")
    return int(count)
