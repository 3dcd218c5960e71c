"""Asset `analytics_export`: daily metrics of a period, exported to a CSV, JSON or Parquet file in the bucket."""

import dagster as dg

from content_pipeline import partitions
from content_pipeline.assets.analytics import GROUP, daily_metrics
from content_pipeline.assets.checks import check_specs, has_checks_only
from content_pipeline.assets.column_schemas import schema_of_files
from content_pipeline.assets.owners import ANALYTICS
from content_pipeline.core.analytics import export_rows
from content_pipeline.core.analytics import exports as core
from content_pipeline.core.tasks.kinds import EXPORT
from content_pipeline.core.tasks.run_context import RunContext
from content_pipeline.engine.step import Results, perform


@dg.multi_asset(
    name="write_export",
    specs=[
        dg.AssetSpec(
            "analytics_export",
            deps=partitions.unmapped(daily_metrics),
            group_name=GROUP,
            skippable=True,
            kinds={"postgres", "s3"},
            owners=ANALYTICS,
            metadata=schema_of_files(export_rows.columns()),
            description="The figures of a period as CSV, JSON or Parquet, by account or by post.",
        )
    ],
    check_specs=check_specs("analytics_export", EXPORT, {"complete": "As many rows as the tables had."}),
    partitions_def=partitions.keys_of(EXPORT),
    can_subset=True,  # otherwise Dagster fails a run that yields nothing, for want of its check
)
def analytics_exports(context: dg.AssetExecutionContext) -> Results:
    if has_checks_only(context):
        context.log.warning("The rows of an export are only counted while it is written; nothing done.")
        return
    yield from perform(context, EXPORT.name, _write)


def _write(run: RunContext, key: str) -> Results:
    made = core.write(run, key)
    export = made.export
    yield dg.MaterializeResult(
        asset_key="analytics_export",
        metadata={
            "rows": export.rows,
            "bytes": made.bytes,
            "format": export.format,
            "grain": export.grain,
            "first_day": export.first_day.isoformat(),
            "last_day": export.last_day.isoformat(),
            "platform": export.platform or "all",
            "object": export.object_key,
        },
    )
    yield dg.AssetCheckResult(
        asset_key="analytics_export",
        check_name="complete",
        passed=export.rows == made.counted,
        metadata={"rows": export.rows or 0, "required_rows": made.counted},
    )
