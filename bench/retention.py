"""Retention of partition keys: how long a day's worth of one kind takes, and Dagster's pages with those kept."""

import shutil
import time
from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection, NullPool, create_engine, text

from bench.environment import Environment
from bench.figures import Figure, Target, median
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.operations.maintenance.partition_key_retirement import MOST_KEYS
from content_pipeline.core.tasks.kinds import REEL
from tests.browser import browsing
from tests.stack.harness import Stack

# New keys of a kind on a busy day.
A_DAY: Final = 100_000
# A run has five minutes of each quarter of an hour, for eight kinds.
SECONDS_A_KIND: Final = 86_400 / 3 / 8
PAGE_SECONDS, DIALOG_SECONDS = 2, 3
TIMES: Final = 9

# Copies of a reel's task and of its records in Dagster, each a second older than the one before.
_NUMBERS: Final = """
with numbers as (
  select number, md5('row' || number)::uuid::text as row_id, md5('run' || number)::uuid::text as run_id,
         to_char(:end - number * interval '1 s', 'YYYY-MM-DD') || '-bench-' || md5('row' || number)::uuid as key
  from generate_series(cast(:first as int), cast(:last as int)) as number)
"""
_TASKS: Final = f"""{_NUMBERS}
insert into tasks select (jsonb_populate_record(task, jsonb_build_object(
  'id', row_id, 'key', row_id, 'subject_key', row_id, 'partition_key', numbers.key, 'parent_id', null,
  'created_at', :end - number * interval '1 s', 'finished_at', :end - number * interval '1 s'))).*
from tasks as task, numbers where task.id = :task"""
_RECORDS: Final = (
    f"""{_NUMBERS}
insert into dynamic_partitions (partitions_def_name, partition) select :job, key from numbers""",
    f"""{_NUMBERS}
insert into runs (run_id, snapshot_id, pipeline_name, status, run_body, partition, partition_set, create_timestamp,
                  update_timestamp, start_time, end_time)
select numbers.run_id, snapshot_id, pipeline_name, status, run_body, numbers.key, partition_set, create_timestamp,
       update_timestamp, start_time, end_time from runs, numbers where runs.run_id = :run""",
    f"""{_NUMBERS}
insert into run_tags (run_id, key, value)
select numbers.run_id, tag.key, case tag.key when 'dagster/partition' then numbers.key else tag.value end
from run_tags tag, numbers where tag.run_id = :run""",
    f"""{_NUMBERS},
events as (
  insert into event_logs (run_id, event, dagster_event_type, timestamp, step_key, asset_key, partition)
  select numbers.run_id, event, dagster_event_type, timestamp, step_key, asset_key,
         case when partition is not null then numbers.key end
  from event_logs, numbers where event_logs.run_id = :run returning id, asset_key, dagster_event_type)
insert into asset_event_tags (event_id, asset_key, key, value, event_timestamp)
select events.id, tag.asset_key, tag.key, tag.value, tag.event_timestamp
from events join event_logs original on original.run_id = :run and original.asset_key = events.asset_key
  and original.dagster_event_type = events.dagster_event_type
join asset_event_tags tag on tag.event_id = original.id""",
    f"""{_NUMBERS}
insert into asset_check_executions (asset_key, check_name, partition, run_id, execution_status, evaluation_event,
                                    evaluation_event_timestamp)
select asset_key, check_name, case when partition is not null then numbers.key end, numbers.run_id, execution_status,
       evaluation_event, evaluation_event_timestamp
from asset_check_executions done, numbers where done.run_id = :run""",
)
_CHUNK: Final = 5_000


def measure(environment: Environment) -> Iterator[Figure]:
    stack, count = environment.stack, A_DAY // (20 if environment.quick else 1)
    with environment.client() as client:
        batch = client.batch("A reel of which there will be many.")
        assert client.wait_for_task(batch["batch_id"])["status"] == "done"
        task_id = client.jobs(batch["batch_id"])[0]["task_id"]
    environment.idle()
    with _dagster(stack) as dagster:
        _fill(stack, dagster, task_id, MOST_KEYS + count)
        began = time.monotonic()
        while _held(dagster) > MOST_KEYS:
            stack.wait_for_run(stack.launch("retire_records"), "SUCCESS", seconds=900)
        seconds = time.monotonic() - began
        left = dagster.scalar(text("select count(*) from runs where pipeline_name = :job"), {"job": REEL.job})
        assert left == MOST_KEYS, left
        # As autovacuum does within minutes.
        dagster.execute(text("vacuum analyze"))
    what = f"{A_DAY:,} keys of reels with their records, deleted" + (" (from 5,000)" if environment.quick else "")
    yield Figure(what, seconds * A_DAY / count, "s", target=Target(SECONDS_A_KIND))
    if shutil.which("chromium"):
        yield from _pages(environment)


def _pages(environment: Environment) -> Iterator[Figure]:
    """The page of an asset until it shows the newest video's metadata, in a browser that has Dagster's scripts, and the
    back-fill dialog from the click until its keys can be chosen."""
    url = f"http://127.0.0.1:{environment.stack.dagster_port}/assets/reel_video"
    answered, opened = [], []
    with browsing() as browser, browser.new_context() as visited:
        visited.set_default_timeout(120_000)
        for _ in range(1 + environment.times(TIMES)):
            with visited.new_page() as page:
                began = time.monotonic()
                page.goto(url)
                page.get_by_text("duration_seconds").first.wait_for()
                answered.append(time.monotonic() - began)
                began = time.monotonic()
                page.get_by_role("button", name="Materialize…").click()
                page.get_by_text("Select a partition or create one").click()
                page.get_by_text(f"Select all ({MOST_KEYS})").wait_for()
                opened.append(time.monotonic() - began)
    for what, limit, seconds in (("page", PAGE_SECONDS, answered), ("back-fill dialog", DIALOG_SECONDS, opened)):
        name = f"the {what} of an asset with {MOST_KEYS:,} keys: median"
        yield Figure(name, median(seconds[1:]), "s", target=Target(limit), samples=len(seconds) - 1)


def _dagster(stack: Stack) -> Connection:
    url = stack.configuration["CONTENT_PIPELINE_DAGSTER_DATABASE_URL"]
    return create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT").connect()


def _fill(stack: Stack, dagster: Connection, task_id: str, count: int) -> None:
    """Make as many copies of a finished reel's task and of its run."""
    (run,) = stack.runs(task_id)
    stack.wait_for_run(run["runId"], "SUCCESS")
    # One moment for all: by that of each statement, the task and the run of a reel at midnight had different days.
    end = now()
    for first in range(1, count, _CHUNK):
        # with the reel itself: `count`
        numbers = {"first": first, "last": min(first + _CHUNK - 1, count - 1), "end": end}
        stack.sql(_TASKS, task=task_id, **numbers)
        for statement in _RECORDS:
            dagster.execute(text(statement), {"job": REEL.job, "run": run["runId"], **numbers})
    stack.sql("vacuum analyze tasks")
    dagster.execute(text("vacuum analyze"))


def _held(dagster: Connection) -> int:
    query = text("select count(*) from dynamic_partitions where partitions_def_name = :job")
    return int(dagster.scalar(query, {"job": REEL.job}) or 0)
