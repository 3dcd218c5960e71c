"""Deletion of a workspace with all that belongs to it: rows, files, grants at the platforms, roles of analysts.

    close ──▶ disconnect ──▶ keys and runs in Dagster ──▶ delete_files ──▶ memories at ZeroMemory ──▶ delete_rows

`close` keeps clients out and ends what is at work. Each step may be repeated, so a deletion that was interrupted is run
again. Posts stay on the platforms.
"""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Table, delete, or_, select, update
from sqlalchemy.orm import Session

from content_pipeline.core.analytics import analysts
from content_pipeline.core.bulk import csv_inbox
from content_pipeline.core.infrastructure import metadata_pictures, s3_multipart, storage
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import Base, transaction
from content_pipeline.core.models import (
    Account,
    Analyst,
    ApiKey,
    CalendarItem,
    DailyMetric,
    DailyPostMetric,
    Task,
    Workspace,
)
from content_pipeline.core.platforms.accounts import accounts
from content_pipeline.core.tasks import cancellation, tasks
from content_pipeline.core.workspaces import audit

_ROOT = Workspace.__table__


def close(session: Session, workspace_id: UUID) -> Sequence[Task]:
    """Revoke all keys, unplan all posts, and cancel all open tasks. Returns these: their runs are to end.

    Raises Conflict while a post is being published, which cannot be undone.
    """
    session.execute(
        update(ApiKey).where(ApiKey.workspace_id == workspace_id, ApiKey.revoked_at.is_(None)).values(revoked_at=now())
    )
    session.execute(
        update(CalendarItem)
        .where(CalendarItem.workspace_id == workspace_id, CalendarItem.deleted_at.is_(None))
        .values(deleted_at=now())
    )
    # Children come first, in the order in which a run locks them.
    found = select(Task).where(Task.workspace_id == workspace_id, Task.state.in_(tasks.OPEN))
    return cancellation.cancel_all(session, session.scalars(found.order_by(Task.parent_id.is_(None), Task.id)).all())


def disconnect(workspace_id: UUID) -> None:
    """Revoke the grants of the accounts at their platforms, as far as these answer."""
    held = select(Account.platform).where(Account.workspace_id == workspace_id, Account.status.in_(accounts.HELD))
    with transaction() as session:
        platforms = session.scalars(held.distinct()).all()
    for platform in platforms:
        accounts.disconnect(workspace_id, platform, by=audit.OPERATOR)


def worked_on(session: Session, workspace_id: UUID) -> set[tuple[str, str]]:
    """The kind and the id of each row that a task has worked on: its own, and its last subject."""
    pairs = ((Task.kind, Task.key), (Task.subject_kind, Task.subject_key))
    queries = [select(*pair).where(Task.workspace_id == workspace_id).distinct() for pair in pairs]
    return {(kind, row) for query in queries for kind, row in session.execute(query)}


def delete_files(workspace_id: UUID, name: str) -> None:
    """Delete all files of the workspace, also those in its folders of the inbox, parts of uploads, and the pictures of
    Dagster's pages. Raises Unavailable."""
    for key, multipart_id in s3_multipart.list_unfinished(f"{workspace_id}/"):
        s3_multipart.abort(key, multipart_id)
    storage.delete_folder(f"{workspace_id}/")
    metadata_pictures.delete_of(workspace_id)
    for area in (csv_inbox.INBOX, csv_inbox.ACCEPTED, csv_inbox.REJECTED):
        for folder in (workspace_id, name):
            storage.delete_folder(f"{area}{folder}/")


def delete_rows(session: Session, workspace_id: UUID) -> list[date]:
    """Delete all rows of the workspace, and the roles of its analysts. Returns the days that it has figures of: their
    files in the dataset are to be written again.

    No request or run can add a row meanwhile: it would wait for that of the workspace, and find it gone.
    """
    session.execute(select(Workspace.id).where(Workspace.id == workspace_id).with_for_update())
    for role in session.scalars(select(Analyst.role).where(Analyst.workspace_id == workspace_id)).all():
        analysts.drop(session, role)
    session.flush()
    of_accounts = select(Account.id).where(Account.workspace_id == workspace_id)
    days = session.scalars(select(DailyMetric.day).where(DailyMetric.account_id.in_(of_accounts)).distinct()).all()
    # This table has no foreign keys, because each of its many rows would be checked against them.
    session.execute(delete(DailyPostMetric).where(DailyPostMetric.account_id.in_(of_accounts)))
    for table in reversed(Base.metadata.sorted_tables):
        if (owned := owner(table, workspace_id)) is not None:
            session.execute(delete(table).where(owned))
    return list(days)


def owner(table: Table, workspace_id: UUID) -> ColumnElement[bool] | None:
    """The condition that a row belongs to the workspace, by any of its foreign keys; None for tables of the service."""
    if table is _ROOT:
        return table.columns["id"] == workspace_id
    if "workspace_id" in table.columns:
        return table.columns["workspace_id"] == workspace_id
    found = []
    for key in table.foreign_keys:
        parent = key.column.table
        if parent is not table and (owned := owner(parent, workspace_id)) is not None:
            found.append(key.parent.in_(select(key.column).where(owned)))
    return or_(*found) if found else None
