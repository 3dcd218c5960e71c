"""Assets of the retention jobs: delete old records of Dagster, and expired rows and files."""

import time

import dagster as dg

from content_pipeline.assets.claims import claimed
from content_pipeline.assets.owners import PLATFORM
from content_pipeline.core.operations.maintenance import retention
from content_pipeline.engine.record_retention import delete_old_records
from content_pipeline.engine.step import Results

# Runs of these jobs come every few seconds or minutes, and are kept for a week only.
FREQUENT_JOBS = ("webhooks", "retire_records", "sweep_storage")


@dg.asset(
    group_name="maintenance",
    owners=PLATFORM,
    kinds={"postgres"},
    output_required=False,
    description="Old partition keys and runs that were deleted from Dagster, with their events, checks and tags.",
)
def retired_records(context: dg.AssetExecutionContext) -> Results:
    yield from claimed(context, "retired_records", lambda: _retire(context.instance))


def _retire(instance: dg.DagsterInstance) -> Results:
    began = time.monotonic()
    deleted = delete_old_records(instance, FREQUENT_JOBS)
    yield dg.MaterializeResult(metadata={**deleted, "seconds": round(time.monotonic() - began, 1)})


@dg.asset(
    group_name="maintenance",
    owners=PLATFORM,
    kinds={"postgres", "s3"},
    output_required=False,
    description="Expired rows, exports and uploads, and what clients have deleted, purged from database and bucket.",
)
def swept_storage(context: dg.AssetExecutionContext) -> Results:
    yield from claimed(context, "swept_storage", _sweep)


def _sweep() -> Results:
    began = time.monotonic()
    retention.sweep_rows()
    files = retention.sweep_files()
    yield dg.MaterializeResult(metadata={"files": files, "seconds": round(time.monotonic() - began, 1)})
