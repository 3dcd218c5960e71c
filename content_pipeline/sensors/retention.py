"""Retention sensor: deletes expired rows and files, old partition keys with their runs, old webhook runs."""

from datetime import timedelta
from itertools import islice

import dagster as dg

from content_pipeline import jobs
from content_pipeline.core.clock import now
from content_pipeline.core.database import transaction
from content_pipeline.core.isolation import isolated
from content_pipeline.core.maintenance import retention
from content_pipeline.core.tasks import dagster_client, kinds

# Dagster ends a tick after a minute; deleting a key with its runs takes some 20 ms.
KEYS_A_TICK = 500
# There may be one every few seconds, and the deliveries themselves are in our own tables.
WEBHOOK_RUNS_KEPT = timedelta(days=7)
FINISHED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]


@dg.sensor(
    minimum_interval_seconds=3600,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Deletes old partition keys with their runs, old webhook runs, expired rows, exports and uploads, "
    "and what clients have deleted.",
)
def retire_old_work(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    retention.sweep_rows()
    deleted = retention.sweep_files()
    retired = sum(_retire(context.instance, kind, name) for kind, name in kinds.jobs().items())
    delete_webhook_runs(context.instance)
    return dg.SkipReason(f"Retired {retired} keys, deleted {deleted} files.")


def _retire(instance: dg.DagsterInstance, kind: str, set_name: str) -> int:
    with transaction() as session:
        found = retention.retired_keys(session, kind, instance.get_dynamic_partitions(set_name))
        keys = list(islice(found, KEYS_A_TICK))
    deleted = 0
    for key in keys:
        with isolated("retired_keys", key):
            deleted += delete_key(instance, set_name, key)
    return deleted


def delete_key(instance: dg.DagsterInstance, set_name: str, key: str) -> bool:
    """Delete a partition key and its runs. False when one of the runs is unfinished."""
    old = instance.get_runs(dg.RunsFilter(tags={dagster_client.PARTITION_TAG: key}, job_name=set_name))
    if not all(run.is_finished for run in old):
        return False
    for run in old:
        instance.delete_run(run.run_id)
    instance.delete_dynamic_partition(set_name, key)
    return True


def delete_webhook_runs(instance: dg.DagsterInstance) -> None:
    """Delete the finished runs that delivered webhook events longer ago than WEBHOOK_RUNS_KEPT."""
    old = dg.RunsFilter(
        job_name=jobs.WEBHOOKS.name,
        statuses=FINISHED,
        created_before=now() - WEBHOOK_RUNS_KEPT,
    )
    for run in instance.get_runs(old, limit=KEYS_A_TICK):
        with isolated("webhook_runs", run.run_id):
            instance.delete_run(run.run_id)
