"""Runs for tasks, as a sensor asks Dagster for them."""

from collections import defaultdict
from collections.abc import Sequence

import dagster as dg

from content_pipeline import partitions
from content_pipeline.core.models import Task
from content_pipeline.core.tasks import dagster_client


def sensor_result(
    tasks: Sequence[Task], *, asset_events: Sequence[dg.AssetMaterialization] = (), cursor: str | None = None
) -> dg.SensorResult:
    """A run for each of these tasks, with its key registered; `asset_events` are recorded with them."""
    keys = defaultdict(list)
    for task in tasks:
        keys[dagster_client.JOBS[task.subject_kind]].append(task.subject_key)
    return dg.SensorResult(
        run_requests=[
            dg.RunRequest(
                job_name=dagster_client.JOBS[task.subject_kind],
                partition_key=task.subject_key,
                tags=dagster_client.run_tags(task),
            )
            for task in tasks
        ],
        dynamic_partitions_requests=[partitions.SETS[job].build_add_request(added) for job, added in keys.items()],
        asset_events=asset_events,
        cursor=cursor,
    )
