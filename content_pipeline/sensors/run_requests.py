"""Builds the SensorResult that launches the runs of tasks."""

from collections import defaultdict
from collections.abc import Sequence

import dagster as dg

from content_pipeline import partitions
from content_pipeline.core.models import Task
from content_pipeline.core.tasks import dagster_client, kinds


def sensor_result(
    tasks: Sequence[Task],
    *,
    are_urgent: bool = True,
    asset_events: Sequence[dg.AssetMaterialization | dg.AssetObservation] = (),
    cursor: str | None = None,
) -> dg.SensorResult:
    """Request a run for each task and register its partition key; `asset_events` are recorded with them.

    Runs that are not urgent queue behind those of single tasks, as the rows of a batch do.
    """
    jobs, keys = kinds.jobs(), defaultdict(list)
    for task in tasks:
        keys[jobs[task.subject_kind]].append(task.partition_key)
    return dg.SensorResult(
        run_requests=[
            dg.RunRequest(
                job_name=jobs[task.subject_kind],
                partition_key=task.partition_key,
                tags=dagster_client.run_tags(task, is_urgent=are_urgent),
            )
            for task in tasks
        ],
        dynamic_partitions_requests=[partitions.key_set(job).build_add_request(added) for job, added in keys.items()],
        asset_events=asset_events,
        cursor=cursor,
    )
