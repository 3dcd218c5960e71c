"""Parquet dataset of daily metrics in the bucket, partitioned by day: one file per day of accounts, and one of posts.

Its files hold the rows of all workspaces; they are for analysts of the operator and no client gets a link to them.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final, NamedTuple

from sqlalchemy import Select, String, cast, func, literal, select
from sqlalchemy.types import TypeEngine

from content_pipeline.core.analytics import export_files, export_rows
from content_pipeline.core.analytics.figure_columns import METRICS
from content_pipeline.core.analytics.post_columns import CAPTION_STYLE, POST_COLUMNS, SCRIPT, join_video
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Account, DailyMetric, DailyPostMetric, SocialPost, Workspace

FOLDER: Final = "datasets/metrics"
# As readers of Parquet expect partitions: the column `day` is in the path only.
_KEY: Final = re.compile(rf"{FOLDER}/[a-z_]+/day=(\d{{4}}-\d\d-\d\d)/part\.parquet")

# The first sentence or line of the script, or of the text; as in the view
# `analytics.posts` (core/models/migrations/version_1_0/views.py).
_FIRST_SENTENCE: Final = (
    r"^[^\n]*?(?:(?<!\m(?:Mrs?|Ms|Dr|Prof|St))[.!?…؟۔।]+[]\"'”’»)]*(?=\s|$)"
    r"|[。！？]+[]\"'”’」』）】]*(?![。！？\"'”’」』）】])|(?=\n)|$)"
)
_TEXT: Final = func.btrim(func.coalesce(SCRIPT, SocialPost.text), " \t\r\n")
_HOOK: Final = func.nullif(func.left(func.substring(_TEXT, _FIRST_SENTENCE), 200), "", type_=String)


class WrittenDay(NamedTuple):
    """What was written of a day: rows that the tables had, rows and bytes in the files."""

    counted: int
    rows: int
    bytes: int


def write_day(day: date, folder: Path) -> WrittenDay:
    """Write the files of a day in place of earlier ones; one without rows is deleted. `folder` is for temporary files.

    Raises Unavailable.
    """
    written = WrittenDay(0, 0, 0)
    for name, rows in _TABLES.items():
        key, target = _key(name, day), folder / f"{name}.parquet"
        counted, count = export_files.write(rows(day), "parquet", target, lambda _: None)
        if count:
            storage.put(key, target, content_type="application/vnd.apache.parquet")
        else:
            storage.delete(key)
        size = target.stat().st_size if count else 0
        written = WrittenDay(written.counted + counted, written.rows + count, written.bytes + size)
    return written


def count_day(day: date, folder: Path) -> tuple[int, int]:
    """How many rows the stored files of a day have, and how many they are to have. Raises Unavailable."""
    # pyarrow takes 52 MB, in every worker: only those load it that read Parquet.
    from content_pipeline.core.analytics import parquet

    stored = required = 0
    for name, rows in _TABLES.items():
        with transaction() as session:
            required += export_rows.count(session, rows(day))
        key, target = _key(name, day), folder / f"{name}.parquet"
        if storage.exists(key):
            storage.fetch(key, target)
            stored += parquet.count(target)
    return stored, required


def _key(table: str, day: date) -> str:
    return f"{FOLDER}/{table}/day={day}/part.parquet"


def day_of(key: str) -> date | None:
    """The day of a file of the dataset by its key; None for other objects of the bucket."""
    found = _KEY.fullmatch(key)
    return date.fromisoformat(found[1]) if found else None


def columns() -> dict[str, dict[str, TypeEngine[Any]]]:
    """The columns of each table of the dataset, in the order of its files, with their types in PostgreSQL."""
    return {
        name: {column.name: column.type for column in rows(date.min).selected_columns} for name, rows in _TABLES.items()
    }


def _account_days(day: date) -> Select[Any]:
    days = DailyMetric
    return (
        select(*_account_columns(day), *_figures(days))
        .select_from(days)
        .join(Account, Account.id == days.account_id)
        .join(Workspace, Workspace.id == Account.workspace_id)
        .where(days.day == day)
        .order_by(days.account_id)
    )


def _post_days(day: date) -> Select[Any]:
    days = DailyPostMetric
    rows = (
        select(
            *_account_columns(day),
            SocialPost.id.label("social_post_id"),
            *POST_COLUMNS,
            _HOOK.label("hook"),
            cast(CAPTION_STYLE, String).label("caption_style"),
            *_figures(days),
        )
        .select_from(days)
        .join(SocialPost, SocialPost.id == days.social_post_id)
        .join(Account, Account.id == days.account_id)
        .join(Workspace, Workspace.id == Account.workspace_id)
        .where(days.day == day)
        .order_by(days.account_id, days.social_post_id)
    )
    return join_video(rows)


def _account_columns(day: date) -> list[Any]:
    return [
        literal(day).label("date"),
        Account.workspace_id,
        Workspace.name.label("workspace"),
        Account.platform,
        Account.id.label("account_id"),
        Account.handle,
    ]


def _figures(days: type[DailyMetric | DailyPostMetric]) -> list[Any]:
    return [*(getattr(days, metric) for metric in METRICS), days.estimated]


_TABLES: Final[Mapping[str, Callable[[date], Select[Any]]]] = {
    "daily_accounts": _account_days,
    "daily_posts": _post_days,
}
