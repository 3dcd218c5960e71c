"""Media of clients, fetched once from their URL or URI, validated and cached in the bucket."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from content_pipeline.core.errors import NotFound
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.tasks.run_context import RunContext
from content_pipeline.core.workspaces import workspaces

Inspected = TypeVar("Inspected")


def fetch_cached(
    run: RunContext,
    location: str,
    target: Path,
    *,
    workspace_id: UUID,
    object_key: str,
    inspect: Callable[[Path], Inspected],
    accept: Callable[[Path], Inspected] | None = None,
    content_type: str = "application/octet-stream",
) -> Inspected:
    """Write the file of `location`, a URL or the URI of an object, to `target`; return the result of `inspect(target)`.

    The file is cached under `object_key` unless `inspect` raises; links to the copy carry `content_type`. A new file is
    given to `accept` instead, which may change it. The plan of the workspace limits its size. Raises what
    `RunContext.fetch`, `inspect` and `accept` raise.
    """
    if _is_cached(object_key, target):
        return inspect(target)
    # This is outside of the handler of NotFound: otherwise an error here would tell operators in the log that a stored
    # file is gone.
    with run.write() as session:
        plan = workspaces.plan_of(session, workspace_id)
    run.fetch(location, target, max_bytes=plan.upload_bytes)
    inspected = (accept or inspect)(target)
    storage.put(object_key, target, content_type=content_type)
    return inspected


def _is_cached(object_key: str, target: Path) -> bool:
    """Whether the copy is there, which then is in `target`."""
    try:
        storage.fetch_large(object_key, target)
    except NotFound:
        return False
    return True
