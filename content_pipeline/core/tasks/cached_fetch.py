"""Other people's files by way of our bucket, into which each is copied when it is first needed and found good."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from content_pipeline.core import storage
from content_pipeline.core.errors import NotFound
from content_pipeline.core.tasks.run_context import RunContext
from content_pipeline.core.workspaces import workspaces

Seen = TypeVar("Seen")


def fetch_cached(
    run: RunContext,
    url: str,
    target: Path,
    *,
    workspace_id: UUID,
    object_key: str,
    inspect: Callable[[Path], Seen],
    content_type: str = "application/octet-stream",
) -> Seen:
    """Have the file of `url` in `target`, and what `inspect` sees in it; what that refuses is not kept.

    `content_type` is what a link to the copy says it is. Raises what `Work.fetch` and `inspect` do.
    """
    try:
        storage.fetch(object_key, target)
    except NotFound:
        with run.write() as session:
            plan = workspaces.plan_of(session, workspace_id)
        run.fetch(url, target, max_bytes=plan.upload_bytes)
        seen = inspect(target)
        storage.put(object_key, target, content_type=content_type)
        return seen
    return inspect(target)
