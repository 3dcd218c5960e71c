"""Runs of jobs and assets in this process, as a worker has them, and what they recorded."""

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any
from uuid import uuid4

import dagster as dg

from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.models import Task
from content_pipeline.core.tasks import dagster_client, leases
from content_pipeline.core.tasks.kinds import KINDS
from content_pipeline.definitions import definitions

RANGE = ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")


def execute_job(
    kind: str,
    key: str,
    *,
    assets: Sequence[str] | None = None,
    lane: str = "media",
    instance: dg.DagsterInstance | None = None,
    **tags: str,
) -> dg.ExecuteInProcessResult:
    """A run of the job of this kind for a partition key; `tags` are those of a task, else an operator launched it."""
    job = KINDS[kind].job
    assert job
    leases.begin(run_id := str(uuid4()), f"{lane}@test")
    with nullcontext(instance) if instance else dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions(job, [key])
        result = definitions.resolve_job_def(job).execute_in_process(
            run_id=run_id,
            partition_key=key,
            tags={dagster_client.QUEUE_TAG: lane, **(tags or {dagster_client.OPERATOR_TAG: now().isoformat()})},
            instance=instance,
            asset_selection=[dg.AssetKey(name) for name in assets] if assets else None,
            raise_on_error=False,
        )
        leases.end(run_id)
        return result


def execute_task(task: Task) -> dg.ExecuteInProcessResult:
    """The run of the present start of a task."""
    return execute_job(task.kind, task.partition_key, lane=str(task.lane), **dagster_client.task_tags(task))


def execute_asset(
    asset: dg.AssetsDefinition, *keys: str, instance: dg.DagsterInstance | None = None, **tags: str
) -> dg.ExecuteInProcessResult:
    """A run of the asset: of one partition, of all from the first to the last of these keys, or without partitions."""
    if instance is None:
        with dg.DagsterInstance.ephemeral() as instance:
            return execute_asset(asset, *keys, instance=instance, **tags)
    run_id = str(uuid4())
    leases.begin(run_id, "io@test")
    result = definitions.resolve_implicit_global_asset_job_def().execute_in_process(
        run_id=run_id,
        instance=instance,
        partition_key=keys[0] if len(keys) == 1 else None,
        tags=tags | (dict(zip(RANGE, keys, strict=True)) if len(keys) == 2 else {}),
        asset_selection=list(asset.keys),
        raise_on_error=False,
    )
    leases.end(run_id)
    return result


def recorded(result: dg.ExecuteInProcessResult) -> dict[str, dict[str, Any]]:
    """The metadata of each asset that was materialized."""
    return {
        event.asset_key.to_user_string(): metadata_of(event.materialization)
        for event in result.get_asset_materialization_events()
        if event.asset_key
    }


def by_partition(result: dg.ExecuteInProcessResult) -> dict[str | None, dict[str, Any]]:
    """The metadata of each partition that was materialized."""
    events = result.get_asset_materialization_events()
    return {event.partition: metadata_of(event.materialization) for event in events}


def checks(result: dg.ExecuteInProcessResult) -> dict[str, dg.AssetCheckEvaluation]:
    return {check.check_name: check for check in result.get_asset_check_evaluations()}


def failed(result: dg.ExecuteInProcessResult) -> Sequence[str]:
    """The names of the checks that failed."""
    return [check.check_name for check in result.get_asset_check_evaluations() if not check.passed]


def metadata_of(event: dg.AssetMaterialization | dg.AssetObservation | dg.AssetCheckEvaluation) -> dict[str, Any]:
    return {name: value.value for name, value in event.metadata.items()}
