"""Read latency with 1,000 and with 100,000 finished items in the tables."""

import time
from collections.abc import Iterator

from bench.environment import Environment
from bench.figures import Figure, Reference, Target, median
from tests.stack.client import Client

FEW, MANY = 1_000, 100_000

# This copies a finished caption and its task with new ids, each a second older than the one before.
_COPIES = """
with numbers as (select gen_random_uuid() as id, now() - number * interval '1 s' as created_at
                 from generate_series(1, :count) as number),
made as (insert into captions select (jsonb_populate_record(caption, to_jsonb(numbers))).*
         from captions as caption, numbers where caption.id = :caption returning id),
tasks as (insert into tasks select (jsonb_populate_record(task, to_jsonb(numbers) || jsonb_build_object(
            'id', 'sync_' || numbers.id, 'key', numbers.id, 'subject_key', numbers.id, 'partition_key', numbers.id))).*
          from tasks as task, numbers where task.id = 'sync_' || :caption returning id)
select (select count(*) from made), (select count(*) from tasks)"""


def measure(environment: Environment) -> Iterator[Figure]:
    with environment.client() as client:
        accepted = client.caption(environment.sentence, language="en")
        assert client.wait_for_task(accepted["task_id"])["status"] == "done"
        paths = {
            "GET /tasks": "/tasks",
            "GET /captions": "/captions",
            "GET /tasks/{id}": f"/tasks/{accepted['task_id']}",
        }
        measured = {}
        held = 1
        for total in FEW, MANY:
            environment.stack.sql(_COPIES, caption=accepted["caption_id"], count=total - held)
            held = total
            environment.stack.sql("vacuum analyze captions, tasks")
            environment.idle()
            measured[total] = {
                name: _milliseconds(client, path, environment.times(150)) for name, path in paths.items()
            }
    for name in paths:
        yield Figure(
            f"{name} among {MANY:,} items, median",
            measured[MANY][name],
            "ms",
            Reference(f"among {FEW:,}", measured[FEW][name]),
            Target(1.5, of="ratio"),
            environment.times(150),
        )


def _milliseconds(client: Client, path: str, times: int) -> float:
    return median([_once(client, path) for _ in range(times)]) * 1000


def _once(client: Client, path: str) -> float:
    began = time.monotonic()
    client.http.get(path).raise_for_status()
    return time.monotonic() - began
