"""Usage of a workspace: its balance of credits, and the credits and tasks of the present month."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from content_pipeline.core.models import CreditEntry, Plan, Task
from content_pipeline.core.tasks import credits
from content_pipeline.core.tasks.credits import Balance
from content_pipeline.core.workspaces import workspaces


@dataclass(frozen=True, slots=True)
class Usage:
    """`charged` credits and `tasks` (created, by kind) are those of the month from `start` to before `end`."""

    plan: Plan
    balance: Balance
    start: datetime
    end: datetime
    charged: int
    tasks: Mapping[str, int]


def get(session: Session, workspace_id: UUID) -> Usage:
    """The usage of a workspace in this calendar month (UTC). The first look in a month grants the plan's credits."""
    start = credits.month_start()
    return Usage(
        plan=workspaces.plan_of(session, workspace_id),
        balance=credits.balance(session, workspace_id),
        start=start,
        end=(start + timedelta(days=31)).replace(day=1),
        charged=_charged(session, workspace_id, start),
        tasks=_tasks(session, workspace_id, start),
    )


def _charged(session: Session, workspace_id: UUID, start: datetime) -> int:
    query = select(func.coalesce(func.sum(CreditEntry.amount), 0)).where(
        CreditEntry.workspace_id == workspace_id, CreditEntry.created_at >= start, CreditEntry.target == "spent"
    )
    return int(session.scalars(query).one())


def _tasks(session: Session, workspace_id: UUID, start: datetime) -> dict[str, int]:
    query = select(Task.kind, func.count()).where(Task.workspace_id == workspace_id, Task.created_at >= start)
    return dict(session.execute(query.group_by(Task.kind).order_by(Task.kind)).all())
