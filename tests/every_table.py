"""A row of a workspace in every table that has such rows, made of the tables' own columns."""

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import Column, Table, func, insert, select
from sqlalchemy.orm import Session

from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import Base
from content_pipeline.core.models import Account, DailyPostMetric, SocialPost, Workspace

# Tables of the service itself, whose rows belong to no workspace, or to several.
OF_THE_SERVICE: Final = {
    "ended_task_counts",
    "executions",
    "failure_counts",
    "measurements",
    "plans",
    "provider_balances",
    "rate_limits",
    "received_events",
}
# The check constraints of the tables ask for these values.
_CHECKED: Final[dict[str, dict[str, Any]]] = {
    "credit_entries": {"source": "issued", "target": "available"},
    "memories": {"vector": b"1"},
}


def fill(session: Session, workspace_id: UUID) -> set[str]:
    """Insert the rows. Returns the names of their tables."""
    made: dict[Table, dict[str, Any]] = {_table(Workspace): {"id": workspace_id}}
    for table in Base.metadata.sorted_tables:
        if table.name not in OF_THE_SERVICE | {Workspace.__tablename__, DailyPostMetric.__tablename__}:
            made[table] = _insert(session, table, made, {**_CHECKED.get(table.name, {})})
    ids = {"account_id": made[_table(Account)]["id"], "social_post_id": made[_table(SocialPost)]["id"]}
    made[_table(DailyPostMetric)] = _insert(session, _table(DailyPostMetric), made, ids)
    return {table.name for table in made}


def _table(model: type[Base]) -> Table:
    table = model.__table__
    assert isinstance(table, Table)
    return table


def _insert(session: Session, table: Table, made: dict[Table, dict[str, Any]], row: dict[str, Any]) -> dict[str, Any]:
    for column in table.columns:
        parent = next((key.column for key in column.foreign_keys), None)
        if parent is not None and parent.table is not table:
            row[column.name] = made[parent.table][parent.name]
        elif column.name not in row and not column.nullable and column.identity is None:
            row[column.name] = _value(column)
    found = session.execute(insert(table).values(row).returning(*table.primary_key.columns)).one()
    return {**row, **found._mapping}


def _value(column: Column[Any]) -> Any:
    values: dict[type, Any] = {
        UUID: uuid4(), str: str(uuid4()), int: 1, float: 1.0, bool: False, bytes: uuid4().bytes,
        datetime: now(), date: now().date(), list: [], object: [],  # JSONB
    }  # fmt: skip
    return values[column.type.python_type]


def count(session: Session, name: str) -> int:
    """How many rows the table has."""
    return session.scalars(select(func.count()).select_from(Base.metadata.tables[name])).one()
