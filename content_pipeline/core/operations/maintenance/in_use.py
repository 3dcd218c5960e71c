"""Deletion guard: refuses to delete captions and videos that unpublished posts or open tasks still need."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, cast, func, or_, select
from sqlalchemy.dialects.postgresql import JSONPATH
from sqlalchemy.orm import Session

from content_pipeline.core.calendar.states import PLANNED
from content_pipeline.core.errors import Conflict
from content_pipeline.core.models import AvatarVideo, BurnIn, CalendarItem, Caption, Publication, Reel, Twin
from content_pipeline.core.operations.maintenance import file_uses
from content_pipeline.core.tasks.open_posts import open_posts

# Named in the error; the first ones say enough.
_NAMED: Final = 5


def check_videos(session: Session, video_ids: Collection[UUID]) -> None:
    """Raises Conflict `in_use` while a planned item or an open post is of one of these reels and avatar videos, or an
    open task needs the file of one."""
    _check(
        session,
        or_(CalendarItem.reel_id.in_(video_ids), CalendarItem.avatar_video_id.in_(video_ids)),
        or_(Publication.reel_id.in_(video_ids), Publication.avatar_video_id.in_(video_ids)),
    )
    for table in (Reel, AvatarVideo):
        _check_files(session, table, table.id.in_(video_ids))


def check_caption(session: Session, caption: Caption) -> None:
    """Raises Conflict `in_use` while a planned item, an open post or the defaults of a twin name these captions, or an
    open task needs a video with them."""
    path = cast(f'$.*.captions_id ? (@ == "{caption.id}")', JSONPATH)
    named = func.jsonb_path_exists(Twin.platform_defaults, path)
    twins = select(Twin.id).where(Twin.workspace_id == caption.workspace_id, Twin.deleted_at.is_(None), named)
    _raise_if_needed("twin", session.scalars(twins.order_by(Twin.id)).all())
    burned = select(BurnIn.id).where(BurnIn.caption_id == caption.id)
    item, post = (
        (table.workspace_id == caption.workspace_id)
        & or_(table.options["captions_id"].astext == str(caption.id), table.burn_in_id.in_(burned))
        for table in (CalendarItem, Publication)
    )
    _check(session, item | (CalendarItem.caption_id == caption.id), post)
    _check_files(session, BurnIn, BurnIn.caption_id == caption.id)


def _check(session: Session, item: ColumnElement[bool], post: ColumnElement[bool]) -> None:
    """Raises Conflict while there is a planned item or an open post that meets its condition."""
    planned = select(CalendarItem.id).where(item, CalendarItem.status.in_(PLANNED), CalendarItem.deleted_at.is_(None))
    _raise_if_needed("calendar item", session.scalars(planned.order_by(CalendarItem.id)).all())
    _raise_if_needed("post", session.scalars(open_posts(post)).all())


def _check_files(session: Session, table: type[Reel | AvatarVideo | BurnIn], which: ColumnElement[bool]) -> None:
    """Raises Conflict while an open task needs the file of one of the rows that meet the condition."""
    made = select(table.workspace_id, table.output_key).where(which, table.output_key.is_not(None))
    files = session.execute(made).all()
    if files and file_uses.are_needed(session, files[0].workspace_id, [file.output_key for file in files]):
        raise Conflict(
            "A task that is not finished needs this video.", code="in_use", remedy="Wait for it to end, or cancel it."
        )


def _raise_if_needed(name: str, ids: Collection[UUID | str]) -> None:
    if ids:
        named = ", ".join(f"{name} {some_id}" for some_id in list(ids)[:_NAMED])
        more = f" and {len(ids) - _NAMED} more" if len(ids) > _NAMED else ""
        raise Conflict(
            f"This is still needed by {named}{more}.",
            code="in_use",
            remedy="Delete, cancel or change what needs it, or wait until it is published.",
        )
