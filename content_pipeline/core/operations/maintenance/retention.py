"""Retention: deletes expired rows and uploads, what was deleted by clients, exports, orphaned files, old audit events,
and figures older than two years. Finishes interrupted removals of posts."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import islice
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, select

from content_pipeline.core.analytics import dataset
from content_pipeline.core.analytics import retention as analytics
from content_pipeline.core.avatars import heygen_events
from content_pipeline.core.infrastructure import metadata_pictures, rate_limits, s3_multipart, storage
from content_pipeline.core.infrastructure.clock import now, real_now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.infrastructure.error_isolation import isolated
from content_pipeline.core.models import (
    AvatarVideo,
    BurnIn,
    CalendarItem,
    Caption,
    MultipartUpload,
    Publication,
    Reel,
    Upload,
    WorkspaceExport,
)
from content_pipeline.core.operations.maintenance import partition_key_retirement, purge, upload_deletion
from content_pipeline.core.operations.monitoring.bucket_usage import BucketUsage
from content_pipeline.core.operations.workspace_exports import exports as workspace_exports
from content_pipeline.core.platforms.accounts import oauth_flow
from content_pipeline.core.publishing import removal
from content_pipeline.core.tasks import leases
from content_pipeline.core.webhooks import endpoints
from content_pipeline.core.workspaces import audit, idempotency

# An upload is stored before its row is committed; after a day without a row it is an orphan.
ORPHANED: Final = timedelta(days=1)
# Looked up per query.
BATCH_SIZE: Final = 1000

_ID: Final = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
# Patterns of object keys, and the columns of which one holds the id in each. They match ids only: files under other
# names, such as the inbox, belong to users and are never deleted.
_OWNERS: Final[Mapping[re.Pattern[str], Sequence[Select[UUID]]]] = {
    re.compile(f"{_ID}/captions/({_ID})/(?:source|burn_ins/{_ID}\\.(?:(?:{_ID}\\.)?mp4|source))"): [select(Caption.id)],
    re.compile(f"{_ID}/reels/({_ID})/[^/]+"): [select(Reel.id)],
    re.compile(f"{_ID}/avatars/({_ID})/[^/]+"): [select(AvatarVideo.id)],
    re.compile(f"{_ID}/publications/({_ID})/[a-z-]+"): [
        select(Publication.request_id),
        select(Publication.copy_id),
        select(CalendarItem.copy_id),
    ],
    re.compile(f"{_ID}/uploads/({_ID})/file"): [
        select(Upload.id).where(Upload.deleted_at.is_(None)),
        select(MultipartUpload.id),
    ],
    # A row lacks the key of its file where the task was canceled or failed after the file was stored.
    re.compile(f"{_ID}/exports/({_ID})/workspace\\.zip"): [
        select(WorkspaceExport.id).where(WorkspaceExport.object_key.is_not(None))
    ],
}
# Patterns of the object keys of finished videos, and the table that has the id in each (core/tasks/open_posts.py).
_OUTPUTS: Final[Mapping[re.Pattern[str], type[Any]]] = {
    re.compile(f"{_ID}/captions/{_ID}/burn_ins/({_ID})\\.(?:{_ID}\\.)?mp4"): BurnIn,
    re.compile(f"{_ID}/reels/({_ID})/reel\\.(?:{_ID}\\.)?mp4"): Reel,
    re.compile(f"{_ID}/avatars/({_ID})/avatar\\.(?:{_ID}\\.)?mp4"): AvatarVideo,
}
# Unfinished uploads to other keys belong to a user, who may be filling the inbox.
_OF_WORKSPACE: Final = re.compile(f"{_ID}/")
# These are deleted at the same age, with their row or without: by then exports.py gives no more links to them.
_EXPORT: Final = re.compile(f"{_ID}/exports/{_ID}/analytics-[0-9-]+\\.[a-z]+")


def sweep_rows() -> None:
    """Delete expired idempotency keys, OAuth states, events, rate-limit buckets, executions and uploads, old figures,
    and what clients have deleted, posts included."""
    for sweep in (
        idempotency.sweep,
        oauth_flow.sweep,
        leases.sweep,
        endpoints.sweep,
        heygen_events.sweep,
        audit.sweep,
    ):
        with isolated("retention", sweep.__module__), transaction() as session:
            sweep(session)
    for sweep_all in (
        rate_limits.sweep,
        analytics.sweep,
        upload_deletion.sweep,
        purge.sweep,
        workspace_exports.sweep,
        removal.finish_interrupted,
    ):
        with isolated("retention", sweep_all.__module__):
            sweep_all()


def sweep_files() -> int:
    """Delete exports, old days of the dataset, old pictures, and files whose row is not there. Returns how many. Also
    measures the bucket, which it lists.

    These are uploads that were not accepted, copies of videos that no post needs, what a run wrote for a row that was
    purged meanwhile, parts of files that were not joined, and videos that were made again a day ago.
    """
    deleted = 0
    for key, multipart_id in s3_multipart.list_unfinished(older_than=real_now() - ORPHANED):
        if _OF_WORKSPACE.match(key):
            with isolated("retention", key):
                s3_multipart.abort(key, multipart_id)
                deleted += 1
    usage = BucketUsage()
    stored = (found.key for found in usage.counted(storage.listing()) if found.written_at < real_now() - ORPHANED)
    while chunk := list(islice(stored, BATCH_SIZE)):
        for key in (*_without_row(chunk), *_replaced(chunk), *filter(_is_expired, chunk)):
            with isolated("retention", key):
                storage.delete(key)
                deleted += 1
    with transaction() as session:
        usage.keep(session)
    return deleted


def _is_expired(key: str) -> bool:
    if day := dataset.day_of(key):
        return day < analytics.first_kept_day()
    if day := metadata_pictures.stored_on(key):
        return day < (now() - partition_key_retirement.KEPT).date()
    return bool(_EXPORT.fullmatch(key))


def _without_row(keys: Collection[str]) -> Iterator[str]:
    for pattern, owners in _OWNERS.items():
        found = {key: UUID(match[1]) for key in keys if (match := pattern.fullmatch(key))}
        with transaction() as session:
            known = {
                owner
                for ids in owners
                for owner in session.scalars(ids.where(ids.selected_columns[0].in_(found.values())))
            }
        yield from (key for key, owner in found.items() if owner not in known)


def _replaced(keys: Collection[str]) -> Iterator[str]:
    """Those of finished videos that have had another file for a day: no link to this one is valid any longer."""
    for pattern, model in _OUTPUTS.items():
        found = {key: UUID(match[1]) for key in keys if (match := pattern.fullmatch(key))}
        with transaction() as session:
            has_output = (model.id.in_(found.values()), model.output_key.is_not(None))
            current = {
                row.id: row.output_key for row in session.execute(select(model.id, model.output_key).where(*has_output))
            }
        for key, row_id in found.items():
            output_key = current.get(row_id, key)
            if output_key != key and storage.written_at(output_key) < real_now() - ORPHANED:
                yield key
