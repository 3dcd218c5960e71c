"""Runs of a job in this process, as a worker has them."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import dagster as dg

from content_pipeline.core.tasks import executions
from content_pipeline.core.tasks.kinds import KINDS
from content_pipeline.definitions import definitions


def execute(
    kind: str, key: str, *, assets: Sequence[str] | None = None, lane: str = "media", **tags: str
) -> dg.ExecuteInProcessResult:
    """A run of the job of this kind for a partition key; `tags` are those of a task, without which it is a re-run."""
    job = KINDS[kind].job
    assert job
    executions.begin(run_id := str(uuid4()), f"{lane}@test")
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions(job, [key])
        result = definitions.resolve_job_def(job).execute_in_process(
            run_id=run_id,
            partition_key=key,
            tags={"dagster-celery/queue": lane, **tags},
            instance=instance,
            asset_selection=[dg.AssetKey(name) for name in assets] if assets else None,
            raise_on_error=False,
        )
        executions.end(run_id)
        return result


def materialized(result: dg.ExecuteInProcessResult) -> dict[str, dict[str, Any]]:
    """The metadata of what was materialized, by asset."""
    return {
        event.asset_key.to_user_string(): {name: value.value for name, value in event.materialization.metadata.items()}
        for event in result.get_asset_materialization_events()
    }
