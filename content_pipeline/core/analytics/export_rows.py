"""SQL queries of exports: daily metrics by account or by post, with their account, post and twin."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Select, cast, func, select, true
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from content_pipeline.core.analytics import figures
from content_pipeline.core.analytics.figure_columns import METRICS
from content_pipeline.core.analytics.figures import Selection
from content_pipeline.core.analytics.post_columns import POST_COLUMNS, join_publication
from content_pipeline.core.models import Account, DailyMetric, DailyPostMetric, SocialPost
from content_pipeline.core.models.analytics import Grain


def select_rows(asked: Selection, grain: Grain) -> Select[Any]:
    """One row per account and day that has figures, or per post and day; by day, account and post."""
    return _account_days(asked) if grain == "account" else _post_days(asked)


def columns() -> dict[str, dict[str, TypeEngine[Any]]]:
    """The columns of an export by account and of one by post, in the order of its file, with their types in
    PostgreSQL."""
    any_days = Selection(UUID(int=0), days=1, end=date.min)
    grains: Mapping[str, Grain] = {"by_account": "account", "by_post": "post"}
    return {
        name: {column.name: column.type for column in select_rows(any_days, grain).selected_columns}
        for name, grain in grains.items()
    }


def count(session: Session, rows: Select[Any], *, most: int | None = None) -> int:
    """The number of rows of a query; counting ends at `most`."""
    counted = rows.order_by(None).with_only_columns(true(), maintain_column_froms=True).limit(most).subquery()
    return session.scalars(select(func.count()).select_from(counted)).one()


def _account_days(asked: Selection) -> Select[Any]:
    days = DailyMetric.__table__ if asked.twin_id is None else _days_of_twin(asked).subquery()
    return (
        select(
            days.c.day.label("date"),
            Account.platform,
            days.c.account_id,
            Account.handle,
            *(days.c[metric] for metric in METRICS),
            days.c.estimated,
        )
        .select_from(days)
        .join(Account, Account.id == days.c.account_id)
        .where(*figures.owned_by(asked, Account), days.c.day.between(asked.start, asked.end))
        .order_by(days.c.day, days.c.account_id)
    )


def _days_of_twin(asked: Selection) -> Select[Any]:
    """What the posts of the twin brought to each account together."""
    days = DailyPostMetric.__table__
    return (
        select(
            days.c.account_id,
            days.c.day,
            func.bool_or(days.c.estimated, type_=Boolean).label("estimated"),
            # PostgreSQL's sums of whole numbers are decimal.
            *(cast(value, days.c[value.name].type).label(value.name) for value in figures.sums(days)),
        )
        .join(SocialPost, SocialPost.id == days.c.social_post_id)
        .where(SocialPost.workspace_id == asked.workspace_id, SocialPost.twin_id == asked.twin_id)
        .group_by(days.c.account_id, days.c.day)
    )


def _post_days(asked: Selection) -> Select[Any]:
    days = DailyPostMetric
    columns: Sequence[Any] = [
        days.day.label("date"),
        SocialPost.platform,
        days.account_id,
        Account.handle,
        *POST_COLUMNS,
        *(getattr(days, metric) for metric in METRICS),
        days.estimated,
    ]
    rows = (
        select(*columns)
        .select_from(days)
        .join(SocialPost, SocialPost.id == days.social_post_id)
        .join(Account, Account.id == days.account_id)
        .where(
            *figures.owned_by(asked, SocialPost),
            SocialPost.twin_id == asked.twin_id if asked.twin_id else true(),
            days.day.between(asked.start, asked.end),
        )
        .order_by(days.day, days.account_id, days.social_post_id)
    )
    return join_publication(rows)
