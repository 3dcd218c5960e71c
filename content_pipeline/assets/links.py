"""Links in asset metadata: to partitions of other assets, and to rows of the database, on Dagster's own pages.

They have no host: they hold by whatever name Dagster is reached.
"""

import re
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Final, ParamSpec
from urllib.parse import quote
from uuid import UUID

import dagster as dg
import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from content_pipeline.core.models import CalendarItem, Publication, Twin
from content_pipeline.core.operations import redacted_rows
from content_pipeline.core.tasks import tasks
from content_pipeline.core.tasks.kinds import AVATAR, BURN_IN, CAPTION, REEL, Kind

Link = dg.MetadataValue[Any]
Parameters = ParamSpec("Parameters")

log = structlog.get_logger()

# The page of a video shows this much of its script; the page of its narration shows all of it.
_SHOWN_CHARACTERS: Final = 1000
_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|&~])")
# The asset that is the video or the text of a row of each kind.
ASSETS: Final[Mapping[str, str]] = {
    CAPTION.name: "captions",
    BURN_IN.name: "burned_in_video",
    REEL.name: "reel_video",
    AVATAR.name: "avatar_video",
}
# The table that these rows are in.
_TABLES: Final[Mapping[str, str]] = {
    CAPTION.name: "captions",
    BURN_IN.name: "burn_ins",
    REEL.name: "reels",
    AVATAR.name: "avatar_videos",
}


def or_no_links(read: Callable[Parameters, dict[str, Link]]) -> Callable[Parameters, dict[str, Link]]:
    """No links where they cannot be read, as while the database restarts: what is made is complete without them, and a
    post goes out without them."""

    @wraps(read)
    def read_or_none(*arguments: Parameters.args, **options: Parameters.kwargs) -> dict[str, Link]:
        try:
            return read(*arguments, **options)
        except Exception:
            log.warning("links_not_read", exc_info=True)
            return {}

    return read_or_none


def to_partition(asset: str, partition: str) -> Link:
    """A link to a partition on the page of an asset."""
    return _link(partition, f"/assets/{asset}?partition={quote(partition, safe='')}")


def to_asset(asset: str) -> Link:
    """A link to the page of an asset."""
    return _link(asset, f"/assets/{asset}")


def to_row(table: str, row_id: object, name: str) -> Link:
    """A link to a row, by a name of it that people know."""
    return _link(name, redacted_rows.path(table, row_id))


def words(text: str) -> Link:
    """The words of a video, cut to what an operator reads of them."""
    return dg.MetadataValue.text(text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…")


def _link(text: str, address: str) -> Link:
    # A client's text must not become Markdown of its own.
    shown = _SPECIAL.sub(r"\\\1", " ".join(text.split())[:200])
    return dg.MetadataValue.md(f"[{shown}]({address})")


def to_source(
    session: Session, instance: dg.DagsterInstance, kind: Kind, row_id: object, *, asset: str | None = None
) -> dict[str, Link]:
    """A link to what was made of a row, by the asset's name: its video or text, unless another `asset` is named.

    It leads to the row itself where Dagster has no such key, as once it was retired.
    """
    assert kind.job
    asset = asset or ASSETS[kind.name]
    partition = tasks.partition_key_of(session, kind.name, str(row_id))
    if partition and instance.has_dynamic_partition(kind.job, partition):
        return {asset: to_partition(asset, partition)}
    return {asset: to_row(_TABLES[kind.name], row_id, str(row_id))}


def to_twin(session: Session, twin_id: UUID | None) -> dict[str, Link]:
    twin = session.get(Twin, twin_id) if twin_id else None
    return {"twin": to_row("twins", twin.id, twin.name)} if twin else {}


def to_calendar(session: Session, **named: UUID) -> dict[str, Link]:
    """A link to the calendar item that names a row by this column, as in `reel_id=…`, and its time."""
    query = select(CalendarItem).filter_by(**named).order_by(CalendarItem.created_at.desc()).limit(1)
    item = session.scalars(query).first()
    if item is None:
        return {}
    return {
        "calendar_item": to_row("calendar_items", item.id, item.title or str(item.id)),
        "scheduled_at": dg.MetadataValue.timestamp(item.scheduled_at),
    }


def to_post(session: Session, **named: UUID) -> dict[str, Link]:
    """A link to the newest post of the video that it names by this column, as in `reel_id=…`."""
    query = select(Publication).filter_by(**named).order_by(Publication.created_at.desc()).limit(1)
    post = session.scalars(query).first()
    if post is None:
        return {}
    return {"publication": to_row("publications", post.id, f"{post.platform} {post.created_at:%Y-%m-%d %H:%M}")}
