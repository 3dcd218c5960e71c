"""Dagster's webserver behind its guard, as `python -m content_pipeline.engine.webserver -w workspace.yaml -p 3000`.

Dagster's own command has no place for middleware. The guard runs in its process, so no port leads around it.
"""

import logging

import click
import dagster as dg
import uvicorn
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import WorkspaceFileTarget
from dagster_webserver.app import create_app_from_workspace_process_context
from starlette.applications import Starlette

from content_pipeline.core.settings import settings
from content_pipeline.engine import check_execution, picture_routes, record_pages
from content_pipeline.engine.webserver_guard import WebserverGuard

# Pages ask for changes of assets at this interval, as with Dagster's own command.
_REFRESH_MILLISECONDS = 2000


@click.command()
@click.option("-w", "workspace", required=True, help="Path of workspace.yaml.")
@click.option("-h", "host", default="127.0.0.1", help="Address to listen on: another one in a container only.")
@click.option("-p", "port", type=int, required=True, help="Port to listen on.")
@click.option("--read-only", is_flag=True, help="Show everything, and refuse every mutation.")
def main(workspace: str, host: str, port: int, read_only: bool) -> None:
    """Serve Dagster's pages and GraphQL, which have no login."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s %(message)s")
    with dg.DagsterInstance.get() as instance:
        target = WorkspaceFileTarget([workspace])
        with WorkspaceProcessContext(instance, target, version=dg.__version__, read_only=read_only) as context:
            app = guarded(context)
            uvicorn.run(app, host=host, port=port, log_level="warning", timeout_graceful_shutdown=5)


def guarded(context: WorkspaceProcessContext) -> Starlette:
    """Dagster's application of the workspace, and the pictures and rows that its metadata name, behind the guard."""
    app = create_app_from_workspace_process_context(context, live_data_poll_rate=_REFRESH_MILLISECONDS)
    # Our routes come first, because Dagster's last route takes every path.
    app.routes[:0] = [picture_routes.ROUTE, record_pages.ROUTE, *check_execution.routes()]
    app.add_middleware(
        WebserverGuard, urls=[url for url in (settings().dagster_url, settings().dagster_public_url) if url]
    )
    return app


if __name__ == "__main__":
    main()
