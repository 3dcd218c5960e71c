"""Retention: picks partition keys of tasks that ended 90 days ago, and of deleted ones; deletes expired rows and
uploads, what was deleted by clients, exports, orphaned files, old audit events, and figures older than two years."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import islice
from typing import Final
from uuid import UUID

from sqlalchemy import Select, case, func, or_, select
from sqlalchemy.orm import Session

from content_pipeline.core import pictures, rate_limits, storage
from content_pipeline.core.accounts import oauth_flow
from content_pipeline.core.analytics import dataset
from content_pipeline.core.analytics import retention as analytics
from content_pipeline.core.avatars import heygen_events
from content_pipeline.core.clock import now
from content_pipeline.core.database import transaction
from content_pipeline.core.isolation import isolated
from content_pipeline.core.maintenance import purge, upload_deletion
from content_pipeline.core.models import (
    AvatarVideo,
    CalendarItem,
    Caption,
    MultipartUpload,
    Publication,
    Reel,
    Task,
    Upload,
    WorkspaceExport,
)
from content_pipeline.core.tasks import executions
from content_pipeline.core.tasks.partition_keys import row_id
from content_pipeline.core.tasks.tasks import OPEN
from content_pipeline.core.webhooks import endpoints
from content_pipeline.core.workspace_exports import exports as workspace_exports
from content_pipeline.core.workspaces import audit, idempotency

# Dagster stays fast up to 100,000 dynamic keys per set; the rows and files of retired keys are kept.
KEPT: Final = timedelta(days=90)
MOST_KEYS: Final = 80_000
# An upload is stored before its row is committed; after a day without a row it is an orphan.
ORPHANED: Final = timedelta(days=1)
# Looked up per query: with a query per upload, 100,000 uploads exceed the time limit of a sensor tick.
BATCH_SIZE: Final = 1000

_ID: Final = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
# Patterns of object keys, and the columns of which one holds the id in each. They match ids only: files under other
# names, such as the inbox, belong to users and are never deleted.
_OWNERS: Final[Mapping[re.Pattern[str], Sequence[Select[UUID]]]] = {
    re.compile(f"{_ID}/captions/({_ID})/(?:source|burn_ins/{_ID}\\.(?:mp4|source))"): [select(Caption.id)],
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
    # Without its key in the row where the task was canceled or failed after the file was stored.
    re.compile(f"{_ID}/exports/({_ID})/workspace\\.zip"): [
        select(WorkspaceExport.id).where(WorkspaceExport.object_key.is_not(None))
    ],
}
# Those of other keys are of a user, who may be filling the inbox.
_OF_WORKSPACE: Final = re.compile(f"{_ID}/")
# Deleted at the same age, with their row or without: exports.py gives no more links to them by then.
_EXPORT: Final = re.compile(f"{_ID}/exports/{_ID}/analytics-[0-9-]+\\.[a-z]+")


def sweep_rows() -> None:
    """Delete expired idempotency keys, OAuth states, events, rate-limit buckets, executions and uploads, old figures,
    and what clients have deleted."""
    for sweep in (
        idempotency.sweep,
        oauth_flow.sweep,
        executions.sweep,
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
    ):
        with isolated("retention", sweep_all.__module__):
            sweep_all()


def sweep_files() -> int:
    """Delete exports, old days of the dataset, old pictures, and files whose row is not there. Returns how many.

    These are uploads that were not accepted, copies of videos that no post needs, what a run wrote for a row that was
    purged meanwhile, and parts of files that were not joined.
    """
    deleted = 0
    for key, multipart_id in storage.unfinished_multiparts(older_than=now() - ORPHANED):
        if _OF_WORKSPACE.match(key):
            with isolated("retention", key):
                storage.drop_parts(key, multipart_id)
                deleted += 1
    stored = storage.listing(older_than=now() - ORPHANED)
    while chunk := list(islice(stored, BATCH_SIZE)):
        for key in (*_without_row(chunk), *filter(_is_expired, chunk)):
            with isolated("retention", key):
                storage.delete(key)
                deleted += 1
    return deleted


def _is_expired(key: str) -> bool:
    if day := dataset.day_of(key):
        return day < analytics.first_kept_day()
    if day := pictures.stored_on(key):
        return day < (now() - KEPT).date()
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


def retired_keys(session: Session, kind: str, keys: Collection[str]) -> Iterator[str]:
    """Those of these partition keys that may be deleted from Dagster: of deleted rows, then the oldest.

    Their tasks ended more than KEPT ago or were deleted, or they are the oldest beyond MOST_KEYS; no task is open.
    """
    deleted = func.bool_and(Task.deleted_at.is_not(None))
    ended = func.max(func.coalesce(Task.finished_at, now()))
    # A task that switched its subject has worked on two rows: its own and its present subject.
    key = case((Task.kind == kind, Task.key), else_=Task.subject_key)
    query = (
        select(key, ended, deleted)
        .where(or_(Task.kind == kind, Task.subject_kind == kind))
        .group_by(key)
        .having(~func.bool_or(Task.state.in_(OPEN)))
        .order_by(deleted.desc(), ended)
    )
    left = len(keys)
    by_row = {row_id(key): key for key in keys}
    for row, ended_at, is_deleted in session.execute(query):
        if row not in by_row:
            continue
        if not is_deleted and left <= MOST_KEYS and ended_at > now() - KEPT:
            return
        left -= 1
        yield by_row[row]
