"""Back-fills as Dagster stores them."""

from datetime import datetime, timedelta
from uuid import uuid4

import dagster as dg
from dagster._core.execution.backfill import BulkActionStatus, PartitionBackfill

from content_pipeline.core.infrastructure.clock import now
from content_pipeline.engine.dagster_storage import engine_of


def launched(
    instance: dg.DagsterInstance, *keys: str, days_ago: float = 0, status: str = "COMPLETED_SUCCESS"
) -> PartitionBackfill:
    """A back-fill of these partition keys."""
    at: datetime = now() - timedelta(days=days_ago)
    back_fill = PartitionBackfill(
        backfill_id=uuid4().hex[:8],
        status=BulkActionStatus(status),
        from_failure=False,
        tags={"by": "hand"},
        backfill_timestamp=at.timestamp(),
        partition_names=list(keys),
    )
    instance.add_backfill(back_fill)
    return back_fill


def is_kept(instance: dg.DagsterInstance, back_fill: PartitionBackfill) -> bool:
    with engine_of(instance).connect() as connection:
        tags = connection.exec_driver_sql(
            f"select count(*) from backfill_tags where backfill_id = '{back_fill.backfill_id}'"
        ).scalar_one()
    has_row = instance.get_backfill(back_fill.backfill_id) is not None
    assert bool(tags) is has_row
    return has_row
