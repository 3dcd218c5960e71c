"""Duration of a scrape of /metrics with 1,000 and with 1,000,000 tasks in the tables."""

import time
from collections.abc import Iterator
from typing import Final

from bench.environment import METRICS_TOKEN, Environment
from bench.figures import Figure, Reference, Target, median
from tests.stack.client import Client

FEW: Final = 1_000
MANY: Final = 1_000_000
MANY_QUICK: Final = 100_000
ACCOUNTS: Final = 10_000
SYNCS: Final = 10
DELIVERIES: Final = 100_000

# Ended ones of 90 days, each tenth with an error, each twentieth a post; and each thousandth open, for a year to come.
_TASKS: Final = """
with numbers as (
  select gen_random_uuid() as id, number, number % 20 = 0 as posts, number % 1000 = 0 as opens,
         now() - interval '2 minutes' - random() * interval '90 days' as ended
  from generate_series(1, :count) as number),
posts as (
  insert into publications (id, workspace_id, request_id, account_id, platform, options, polls, created_at)
  select id, :workspace, id, cast(:account as uuid), 'tiktok', '{}', 0, ended from numbers where posts returning id)
insert into tasks (id, workspace_id, kind, key, subject_kind, subject_key, partition_key, lane, state, progress,
                   progress_base, attempt, starts, not_before, created_at, finished_at, error)
select id, :workspace, kind, id, kind, id, id, 'io',
       case when opens then 'waiting' when number % 10 = 1 then 'error' else 'done' end, 100, 0, 0, 1,
       case when opens then now() + interval '1 year' end,
       ended - interval '1 minute', case when not opens then ended end,
       case when number % 10 = 1 then '{"code": "no_audio"}'::jsonb end
from (select *, case when posts then 'publication' else 'reel' end as kind from numbers) as made"""
_ACCOUNTS: Final = """
with made as (
  insert into accounts (id, workspace_id, platform, user_id, handle, name, status, scopes, issued_at, connected_at,
                        created_at)
  select gen_random_uuid(), :workspace, 'tiktok', number, '@a', 'A', 'connected', '{}',
         now() - random() * interval '60 days', now(), now()
  from generate_series(1, :accounts) as number returning id)
insert into account_syncs (account_id, window_start, finished_at, posts_read)
select id, now() - number * interval '6 hours', now() - number * interval '6 hours', 0
from made, generate_series(1, :syncs) as number"""
_DELIVERIES: Final = """
with receiver as (
  insert into webhook_endpoints (id, workspace_id, url, secret, created_at, throttled_until)
  values (gen_random_uuid(), :workspace, 'https://8.8.8.8/', '', now(), now() + interval '1 year') returning id),
event as (
  insert into webhook_events (id, workspace_id, type, data, created_at)
  values (gen_random_uuid(), :workspace, 'task.completed', '{}', now()) returning id)
insert into webhook_deliveries (id, workspace_id, endpoint_id, event_id, status, attempts, next_attempt_at, created_at)
select gen_random_uuid(), :workspace, receiver.id, event.id,
       case when number % 10 = 0 then 'pending' else 'delivered' end, 0, now(), now()
from receiver, event, generate_series(1, :deliveries) as number"""


def measure(environment: Environment) -> Iterator[Figure]:
    many = MANY_QUICK if environment.quick else MANY
    stack = environment.stack
    with environment.client() as client:
        account = client.connect(stack.sandbox, "tiktok")
        ((workspace,),) = stack.sql("select workspace_id from accounts where id = :id", id=account)
        stack.sql(_ACCOUNTS, workspace=workspace, accounts=ACCOUNTS, syncs=SYNCS)
        stack.sql(_DELIVERIES, workspace=workspace, deliveries=DELIVERIES)
        held, first, medians = 0, 0.0, {}
        for total in FEW, many:
            stack.sql("alter table tasks disable trigger user")  # the API would be notified of each
            stack.sql(_TASKS, workspace=workspace, account=account, count=total - held)
            stack.sql("alter table tasks enable trigger user")
            held = total
            stack.sql("vacuum analyze tasks, publications, accounts, account_syncs, webhook_deliveries")
            environment.idle()
            # The counts are deleted as if there had been no scrape before: the tasks ended before the last scrape,
            # which has counted them.
            stack.sql("delete from ended_task_counts")
            stack.sql("delete from measurements where name = 'ended_tasks'")
            first = _seconds(client, stack.url)
            medians[total] = median([_seconds(client, stack.url) for _ in range(environment.times(30))])
        _check(client, stack.url, many)
    yield Figure(
        f"scrape of /metrics among {many:,} tasks, median",
        medians[many],
        "s",
        Reference(f"among {FEW:,}", medians[FEW]),
        Target(0.5),
        environment.times(30),
    )
    yield Figure(f"the first scrape of {many:,} tasks", first, "s", target=Target(10.0))


def _seconds(client: Client, url: str) -> float:
    began = time.monotonic()
    _scrape(client, url)
    return time.monotonic() - began


def _scrape(client: Client, url: str) -> str:
    headers = {"Authorization": f"Bearer {METRICS_TOKEN}"}
    return client.http.get(f"{url}/metrics", headers=headers).raise_for_status().text


def _check(client: Client, url: str, total: int) -> None:
    """That what was measured has counted them all."""
    lines = _scrape(client, url).splitlines()
    ended = [line for line in lines if line.startswith("content_pipeline_ended_tasks_total{")]
    counted = sum(float(line.rpartition(" ")[2]) for line in ended)
    opened = total // 1000
    assert counted == total - opened, (counted, total)
