"""Asset `metrics_dataset`: daily metrics as Parquet files in the bucket, one of accounts and one of posts per day."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import dagster as dg

from content_pipeline import partitions
from content_pipeline.assets.analytics import GROUP, WHEN_UPDATED, daily_metrics
from content_pipeline.assets.claims import Results, claimed
from content_pipeline.core.analytics import dataset
from content_pipeline.core.analytics.dataset import WrittenDay


@dg.asset(
    deps=[daily_metrics],
    group_name=GROUP,
    kinds={"parquet", "s3"},
    output_required=False,
    partitions_def=partitions.DAYS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    automation_condition=WHEN_UPDATED,
    check_specs=[
        dg.AssetCheckSpec("row_counts", asset="metrics_dataset", description="The files have all rows of the tables.")
    ],
    description="The figures of all accounts and posts by day, for DuckDB, pandas and Spark: Parquet files below"
    f" `{dataset.FOLDER}/` in the bucket, partitioned by day. A day that has no figures any more loses its files.",
)
def metrics_dataset(context: dg.AssetExecutionContext) -> Results:
    yield from claimed(context, "metrics_dataset", lambda: _write(context))


def _write(context: dg.AssetExecutionContext) -> Results:
    written = list(_written(context))
    counted, rows = sum(day.counted for day in written), sum(day.rows for day in written)
    yield dg.MaterializeResult(
        check_results=[
            dg.AssetCheckResult(
                check_name="row_counts", passed=rows == counted, metadata={"rows_in_files": rows, "rows": counted}
            )
        ]
    )


def _written(context: dg.AssetExecutionContext) -> Iterator[WrittenDay]:
    with TemporaryDirectory(prefix="metrics-dataset-") as folder:
        for key in context.partition_keys:
            day = dataset.write_day(date.fromisoformat(key), Path(folder))
            context.add_asset_metadata({"rows": day.rows, "bytes": day.bytes}, partition_key=key)
            yield day
