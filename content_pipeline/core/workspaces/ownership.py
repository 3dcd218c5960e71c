"""Tenant isolation: a row is read by its id only together with the workspace that owns it."""

from typing import Any, Final, Literal, TypeVar
from uuid import UUID

from sqlalchemy.orm import Session

from content_pipeline.core.errors import NotFound
from content_pipeline.core.models import (
    Account,
    ApiKey,
    AvatarVideo,
    Batch,
    BurnIn,
    CalendarItem,
    Caption,
    MultipartUpload,
    Reel,
    Task,
    Twin,
    Upload,
    WebhookDelivery,
    WebhookEndpoint,
)

Owned = TypeVar(
    "Owned",
    Account,
    ApiKey,
    AvatarVideo,
    Batch,
    BurnIn,
    CalendarItem,
    Caption,
    MultipartUpload,
    Reel,
    Task,
    Twin,
    Upload,
    WebhookDelivery,
    WebhookEndpoint,
)

# The name in the error message, and the error's code.
_NAMES: Final[dict[type[Any], tuple[str, str]]] = {
    Account: ("account", "account_not_found"),
    ApiKey: ("API key", "key_not_found"),
    AvatarVideo: ("avatar video", "avatar_video_not_found"),
    Batch: ("batch", "batch_not_found"),
    BurnIn: ("burn-in", "burn_in_not_found"),
    CalendarItem: ("calendar item", "item_not_found"),
    Caption: ("caption", "caption_not_found"),
    MultipartUpload: ("upload in parts", "upload_not_found"),
    Reel: ("reel", "reel_not_found"),
    Task: ("task", "task_not_found"),
    Twin: ("twin", "twin_not_found"),
    Upload: ("upload", "upload_not_found"),
    WebhookDelivery: ("delivery", "delivery_not_found"),
    WebhookEndpoint: ("webhook", "webhook_not_found"),
}
_LOCKS: Final[dict[str | None, Any]] = {None: None, "update": True, "share": {"read": True}}


def owned(
    session: Session,
    table: type[Owned],
    workspace_id: UUID,
    row_id: UUID | str,
    *,
    lock: Literal["share", "update"] | None = None,
    even_deleted: bool = False,
) -> Owned:
    """The row of this id, read anew if it is locked: it may have changed since this session read it first.

    Raises the same NotFound for an unknown id, another workspace's row and a deleted row.
    """
    row = session.get(table, row_id, with_for_update=_LOCKS[lock], populate_existing=lock is not None)
    if row is None or row.workspace_id != workspace_id or (_is_deleted(row) and not even_deleted):
        raise not_found(table, row_id)
    return row


def not_found(table: type[Any], row_id: UUID | str) -> NotFound:
    """The error about a row that this workspace does not have."""
    name, code = _NAMES[table]
    return NotFound(f"There is no {name} {row_id}.", code=code)


def _is_deleted(row: object) -> bool:
    return getattr(row, "deleted_at", None) is not None
