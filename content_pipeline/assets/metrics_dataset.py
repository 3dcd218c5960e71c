"""Asset `metrics_dataset`: daily metrics as Parquet files in the bucket, one of accounts and one of posts per day."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import dagster as dg

from content_pipeline import partitions
from content_pipeline.assets.analytics import FIRST_WRITTEN, GROUP, LAST_WRITTEN, WHEN_UPDATED, daily_metrics
from content_pipeline.assets.analytics_checks import of_files, recent_days
from content_pipeline.assets.checks import has_checks_only, record_stored, selected
from content_pipeline.assets.claims import claimed
from content_pipeline.assets.column_schemas import schema_of_files
from content_pipeline.assets.owners import ANALYTICS
from content_pipeline.core.analytics import dataset
from content_pipeline.core.analytics.dataset import WrittenDay
from content_pipeline.core.tasks import scratch
from content_pipeline.engine.step import Results


@dg.multi_asset(
    name="write_dataset",
    specs=[
        dg.AssetSpec(
            "metrics_dataset",
            deps=[daily_metrics],
            group_name=GROUP,
            skippable=True,
            kinds={"parquet", "s3"},
            owners=ANALYTICS,
            metadata=schema_of_files(dataset.columns()),
            automation_condition=WHEN_UPDATED,
            description="The figures of all accounts and posts by day, for DuckDB, pandas and Spark: Parquet files"
            f" below `{dataset.FOLDER}/` in the bucket, partitioned by day. A day that has no figures any more loses"
            " its files.",
        )
    ],
    check_specs=[
        dg.AssetCheckSpec("row_counts", asset="metrics_dataset", description="The files have all rows of the tables.")
    ],
    partitions_def=partitions.DAYS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    can_subset=True,
)
def metrics_dataset(context: dg.AssetExecutionContext) -> Results:
    if has_checks_only(context):
        record_stored(context, [_stored_check(context)])
        return
    yield from claimed(context, "metrics_dataset", lambda: _write(context))


def _stored_check(context: dg.AssetExecutionContext) -> dg.AssetCheckResult:
    with scratch.folder(context.run.run_id) as folder:
        stored = [dataset.count_day(day, folder) for day in recent_days()]
    return of_files(sum(rows for rows, _ in stored), sum(required for _, required in stored))


def _write(context: dg.AssetExecutionContext) -> Results:
    written = list(_written(context))
    check = of_files(sum(day.rows for day in written), sum(day.counted for day in written))
    yield dg.MaterializeResult(asset_key="metrics_dataset", check_results=list(selected(context, [check])))


def _written(context: dg.AssetExecutionContext) -> Iterator[WrittenDay]:
    asked = {date.fromisoformat(key) for key in context.partition_keys}
    with TemporaryDirectory(prefix="metrics-dataset-") as folder:
        for day in sorted(asked | _days_derived_with(context)):
            written = dataset.write_day(day, Path(folder))
            if day in asked:
                context.add_asset_metadata(
                    {"rows": written.rows, "bytes": written.bytes}, partition_key=day.isoformat()
                )
            yield written


def _days_derived_with(context: dg.AssetExecutionContext) -> set[date]:
    """All days that were written when these partitions of `daily_metrics` were last derived."""
    days: set[date] = set()
    for key in context.partition_keys:
        newest = dg.AssetRecordsFilter(daily_metrics.key, asset_partitions=[key])
        for record in context.instance.fetch_materializations(newest, limit=1).records:
            metadata = record.asset_materialization.metadata if record.asset_materialization else {}
            if FIRST_WRITTEN in metadata:
                first, last = (date.fromisoformat(str(metadata[name].value)) for name in (FIRST_WRITTEN, LAST_WRITTEN))
                days |= {first + timedelta(number) for number in range((last - first).days + 1)}
    return days
