"""A back-fill of 1,000 reels: how long it delays another workspace's caption and due post."""

from collections.abc import Iterator, Sequence
from typing import Final

from bench import calendar
from bench.environment import Environment
from bench.figures import Figure, Target, median
from bench.start_latency import start
from content_pipeline.core.tasks.kinds import REEL
from tests.polling import until
from tests.stack.client import Client

REELS: Final = 1_000
TIMES: Final = 9
# Copies of a reel that is done, and of its task.
COPIES: Final = """
with made as (
  insert into reels select (jsonb_populate_record(reel, jsonb_build_object('id', gen_random_uuid()))).*
  from reels reel, generate_series(1, :count) where reel.id = cast(:reel as uuid) returning id::text)
insert into tasks select (jsonb_populate_record(task, jsonb_build_object(
  'id', made.id, 'key', made.id, 'subject_key', made.id, 'parent_id', null,
  'partition_key', replace(task.partition_key, task.key, made.id)))).*
from tasks task, made where task.kind = :kind and task.key = cast(:reel as text) returning partition_key"""
_REGISTER: Final = """mutation Register($set: String!) {{ {additions} }}"""
_ADD: Final = """key{number}: addDynamicPartition(partitionsDefName: $set, partitionKey: "{key}", repositorySelector:
  {{repositoryLocationName: "content_pipeline", repositoryName: "__repository__"}}) {{ __typename }}"""
_CANCEL: Final = """mutation Cancel($id: String!) { cancelPartitionBackfill(backfillId: $id) { __typename } }"""
_KEYS_A_REQUEST: Final = 100


def measure(environment: Environment) -> Iterator[Figure]:
    """The caption is measured until its run has started, the post until work on it begins; both while Dagster submits
    the runs of the back-fill, and when all of them are queued."""
    stack, reels, times = environment.stack, environment.times(REELS), environment.times(TIMES)
    with calendar.film_url(environment) as url, environment.client() as crowd, environment.client() as person:
        item = calendar.planned(person, environment, 1, url)
        keys = _finished_reels(environment, crowd, reels)
        environment.idle()
        alone = [_seconds(environment, person, item) for _ in range(times)]
        back_fill = stack.back_fill([["narration"], ["reel_video"]], keys)
        until(lambda: stack.tagged_runs("dagster/backfill", back_fill), seconds=120, what="the first run", pause=0.5)
        beside = []
        while len(beside) < times or len(stack.tagged_runs("dagster/backfill", back_fill)) < reels:
            beside.append(_seconds(environment, person, item))
        assert any(run["status"] == "QUEUED" for run in stack.tagged_runs("dagster/backfill", back_fill))
        _end(environment, back_fill)
    for what, limit, before, during in zip(
        ("a caption", "a due post"), (2, 10), zip(*alone, strict=True), zip(*beside, strict=True), strict=True
    ):
        delay = max(during) - median(before)
        yield Figure(f"{what} beside a back-fill of {reels:,} reels: median", median(during), "s", samples=len(during))
        yield Figure(f"{what}: delay at worst", delay, "s", target=Target(limit), samples=len(during))


def _finished_reels(environment: Environment, client: Client, count: int) -> Sequence[str]:
    """The partition keys of so many reels that are done."""
    accepted = client.batch("This one is made again and again.")
    client.wait_for_task(accepted["task_id"])
    (job,) = client.jobs(accepted["batch_id"])
    copied = environment.stack.sql(COPIES, reel=job["job_id"], kind=REEL.name, count=count)
    keys = [key for (key,) in copied]
    for begin in range(0, count, _KEYS_A_REQUEST):
        chunk = enumerate(keys[begin : begin + _KEYS_A_REQUEST])
        additions = " ".join(_ADD.format(number=number, key=key) for number, key in chunk)
        environment.stack.graphql(_REGISTER.format(additions=additions), set=REEL.job)
    return keys


def _seconds(environment: Environment, client: Client, item: Sequence[str]) -> tuple[float, float]:
    """Until the run of a caption has started, and until work on a due post begins."""
    made = start(client, environment.sentence)
    client.wait_for_task(made.task_id)
    return made.sent, calendar.start_of_one(environment, item)


def _end(environment: Environment, back_fill: str) -> None:
    """Cancel the back-fill, and wait until its runs have ended."""
    environment.stack.graphql(_CANCEL, id=back_fill)
    ended = ("SUCCESS", "FAILURE", "CANCELED")
    until(
        lambda: all(run["status"] in ended for run in environment.stack.tagged_runs("dagster/backfill", back_fill)),
        seconds=600,
        what="the end of the back-fill",
        pause=2,
    )
