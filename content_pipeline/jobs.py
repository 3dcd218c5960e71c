"""One job per kind of task: it materializes all assets that are partitioned by the kind's keys, without run config.

Beside them the jobs that are no tasks: delivering webhook events, reading the platforms' figures, deleting what is old,
and retrying a task.
"""

from collections.abc import Sequence
from typing import Final

import dagster as dg
from pydantic import Field

from content_pipeline import assets, partitions
from content_pipeline.assets.analytics import metric_snapshots
from content_pipeline.assets.retention import retired_records, swept_storage
from content_pipeline.assets.webhooks import webhook_deliveries
from content_pipeline.core.errors import Error
from content_pipeline.core.operations import operator_tasks
from content_pipeline.core.tasks import dagster_client
from content_pipeline.core.tasks.kinds import KINDS, Kind
from content_pipeline.engine.step import failure

# Each asset gets its file and line, which Dagster's pages show as "Source code".
ASSETS: Final = dg.with_source_code_references(dg.load_assets_from_package_module(assets, include_specs=True))


def assets_of(kind: Kind, among: Sequence[object] = ASSETS) -> dg.AssetSelection:
    """The selection of those of these assets that are partitioned by the kind's keys."""
    own = partitions.keys_of(kind)
    return dg.AssetSelection.assets(
        *(asset for asset in among if isinstance(asset, dg.AssetsDefinition) and asset.partitions_def == own)
    )


JOBS: Final = {
    kind.name: dg.define_asset_job(kind.job, selection=assets_of(kind), description=kind.description)
    for kind in KINDS.values()
    if kind.job
}

WEBHOOKS: Final = dg.define_asset_job(
    "webhooks",
    selection=dg.AssetSelection.assets(webhook_deliveries),
    tags=dagster_client.lane_tags("io", is_single=True),
    description="Deliver the webhook events that are due.",
)

METRICS: Final = dg.define_asset_job(
    "metric_snapshots",
    selection=dg.AssetSelection.assets(metric_snapshots),
    tags=dagster_client.lane_tags("io", is_single=False),
    description="Read the figures of all accounts from the platforms.",
)

RETIRE_RECORDS: Final = dg.define_asset_job(
    "retire_records",
    selection=dg.AssetSelection.assets(retired_records),
    tags=dagster_client.lane_tags("io", is_single=False),
    description="Delete old partition keys and runs from Dagster.",
)

SWEEP_STORAGE: Final = dg.define_asset_job(
    "sweep_storage",
    selection=dg.AssetSelection.assets(swept_storage),
    tags=dagster_client.lane_tags("io", is_single=False),
    description="Delete expired rows and files, and what clients have deleted.",
)


class FailedTask(dg.Config):
    task_id: str = Field(description="Id of a task that failed or was canceled, as `GET /tasks` shows it.")


@dg.op
def enter_retry(context: dg.OpExecutionContext, config: FailedTask) -> None:
    """Enter a new task for the row of one that failed or was canceled, and launch its run."""
    try:
        again = operator_tasks.retry(config.task_id)
    except Error as error:
        raise failure(error) from error
    context.add_output_metadata({"task_id": again.id, "partition_key": again.partition_key})


@dg.job(
    tags=dagster_client.lane_tags("io", is_single=True),
    description="Retry a task, as its client can. A post is retried like this only: look at its account first.",
)
def retry_task() -> None:
    enter_retry()
