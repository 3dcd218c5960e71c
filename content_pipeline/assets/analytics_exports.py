"""Asset `analytics_export`: daily metrics of a period, exported to a CSV, JSON or Parquet file in the bucket."""

from pathlib import Path
from uuid import UUID

import dagster as dg

from content_pipeline import partitions
from content_pipeline.assets import links
from content_pipeline.assets.analytics import GROUP, daily_metrics
from content_pipeline.assets.checks import Checks, Finding, check_specs, evaluate_stored, has_checks_only
from content_pipeline.assets.column_schemas import schema_of_files
from content_pipeline.assets.owners import ANALYTICS
from content_pipeline.core.analytics import export_rows
from content_pipeline.core.analytics import exports as core
from content_pipeline.core.errors import NotFound
from content_pipeline.core.infrastructure.database import autocommit
from content_pipeline.core.models import AnalyticsExport
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
    check_specs=check_specs(
        "analytics_export",
        EXPORT,
        {"complete": "As many rows as the tables had; executed alone, as many as when it was written."},
    ),
    partitions_def=partitions.keys_of(EXPORT),
    can_subset=True,  # otherwise Dagster fails a run that yields nothing, for want of its check
)
def analytics_exports(context: dg.AssetExecutionContext) -> Results:
    if has_checks_only(context):
        yield from evaluate_stored(context, "analytics_export", _stored_checks)
    else:
        yield from perform(context, EXPORT.name, _write)


def _write(run: RunContext, key: str) -> Results:
    made = core.write(run, key)
    export = made.export
    yield dg.MaterializeResult(
        asset_key="analytics_export",
        metadata={
            **_links(export),
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


@links.or_no_links
def _links(export: AnalyticsExport) -> dict[str, links.Link]:
    with autocommit() as session:
        return {
            **links.to_twin(session, export.twin_id),
            "row": links.to_row("analytics_exports", export.id, str(export.id)),
        }


def _stored_checks(row_id: str, folder: Path) -> Checks:
    with autocommit() as session:
        export = session.get_one(AnalyticsExport, UUID(row_id))
    return {"complete": lambda: _complete(export, folder)}


def _complete(export: AnalyticsExport, folder: Path) -> Finding:
    if core.has_expired(export):
        return Finding(True, {"applies": "not to an export whose file was deleted after a day"})
    if export.object_key is None:
        raise NotFound("There is no file: the export was not written.")
    rows = core.count_stored(export.object_key, export.format, folder / "checked")
    return Finding(rows == export.rows, {"rows": rows, "required_rows": export.rows or 0})
