"""Runs of one asset whose body is the test's, as a worker executes them."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import dagster as dg

from content_pipeline.core.tasks import leases
from content_pipeline.core.tasks.run_context import RunContext
from content_pipeline.engine import step

Body = Callable[[RunContext], None]


@dataclass
class Ended:
    """How a run ended: what its step raised, its status and tags in Dagster, and whether it made something."""

    raised: BaseException | None
    status: dg.DagsterRunStatus
    tags: Mapping[str, str]
    has_made: bool


def execute(kind: str, key: str, body: Body, tags: Mapping[str, str]) -> Ended:
    """Execute `body` in a run of its own with these tags, on the row of this kind and key."""
    raised: list[BaseException] = []

    def results(run: RunContext, _key: str) -> Iterator[dg.MaterializeResult[Any]]:
        body(run)
        yield dg.MaterializeResult()

    @dg.asset(partitions_def=dg.DynamicPartitionsDefinition(name="keys"), output_required=False)
    def worked_on(context: dg.AssetExecutionContext) -> Iterator[Any]:
        leases.begin(context.run.run_id, "media@test")
        try:
            yield from step.perform(context, kind, results)
        except BaseException as error:
            raised.append(error)
            raise
        finally:
            leases.end(context.run.run_id)

    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions("keys", [key])
        with suppress(dg.DagsterExecutionInterruptedError):
            dg.materialize([worked_on], instance=instance, partition_key=key, tags=tags, raise_on_error=False)
        (run,) = instance.get_runs()
        made = instance.fetch_materializations(dg.AssetKey("worked_on"), limit=1).records
    return Ended(raised[0] if raised else None, run.status, run.tags, bool(made))


def raises(error: BaseException) -> Body:
    def body(_run: RunContext) -> None:
        raise error

    return body
