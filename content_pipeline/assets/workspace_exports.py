"""Asset `workspace_export`: everything that a workspace has, as a ZIP file in the bucket."""

import dagster as dg

from content_pipeline import partitions
from content_pipeline.assets import links
from content_pipeline.assets.owners import PLATFORM
from content_pipeline.core.operations.workspace_exports import exports
from content_pipeline.core.tasks.kinds import WORKSPACE_EXPORT
from content_pipeline.core.tasks.run_context import RunContext
from content_pipeline.engine.step import Results, perform


@dg.asset(
    partitions_def=partitions.keys_of(WORKSPACE_EXPORT),
    group_name="workspaces",
    output_required=False,
    kinds={"postgres", "s3"},
    owners=PLATFORM,
    description="All rows of a workspace as JSON lines, and its files or links to them, in a ZIP file.",
)
def workspace_export(context: dg.AssetExecutionContext) -> Results:
    yield from perform(context, WORKSPACE_EXPORT.name, lambda run, key: _write(context, run, key))


def _write(context: dg.AssetExecutionContext, run: RunContext, key: str) -> Results:
    export = exports.write(run, key)
    if export is None:
        context.log.info("A newer export of the workspace is stored; nothing done.")
        return
    yield dg.MaterializeResult(
        metadata={
            "row": links.to_row("workspace_exports", export.id, str(export.id)),
            "rows": export.rows,
            "files": export.files,
            "bytes": export.bytes,
            "with_files": export.with_files,
            "object": export.object_key,
        }
    )
