"""The credit ledger: grants, and the price of a render, which is held at its submission and charged when it is done.

Entries (models/credits.py) are posted in the caller's transaction; a balance is the sum of entries and is stored
nowhere else. What depends on a balance locks the workspace's row first, so that concurrent postings follow each other.

A plan's credits are granted once a calendar month (UTC), at the first use of the ledger in that month. Unspent credits
stay available, those of the plan as well as those that an operator granted.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from content_pipeline.core.errors import PlanLimit
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.models import CreditEntry, Workspace
from content_pipeline.core.models.credits import CreditAccount
from content_pipeline.core.webhooks import events
from content_pipeline.core.workspaces import workspaces

PER_SECOND: Final = 10
# Containers round a duration to a millisecond or less: 12.0000001 s are 12 s, not a thirteenth begun.
_DURATION_DECIMALS: Final = 3


@dataclass(frozen=True, slots=True)
class Balance:
    """Credits of a workspace since it was created, or of one render. `available` is below 0 after an overdraft."""

    granted: int
    held: int
    charged: int

    @property
    def available(self) -> int:
        return self.granted - self.held - self.charged


def price(seconds: float) -> int:
    """The price of a rendered video in credits: per second begun, at least one."""
    return max(1, math.ceil(round(seconds, _DURATION_DECIMALS))) * PER_SECOND


def grant(session: Session, workspace_id: UUID, amount: int, note: str | None = None) -> None:
    """Add an operator's grant of `amount` (above 0) credits."""
    _post(session, workspace_id, "issued", "available", amount, note=note)


def hold(session: Session, workspace_id: UUID, render_id: UUID, amount: int) -> None:
    """Hold `amount` credits for a render, or what is missing to that amount. A charged render needs no hold.

    Raises PlanLimit when fewer are available. Records the event `credits.low` when few are left.
    """
    _lock(session, workspace_id)
    render = _balance(session, CreditEntry.render_id == render_id)
    missing = amount - render.held
    if render.charged or missing <= 0:
        return
    before = balance(session, workspace_id)
    if missing > before.available:
        raise PlanLimit(
            f"This needs {missing:,} credits; {max(before.available, 0):,} are available.",
            remedy="Make it shorter, wait for next month's credits, or ask for more. GET /usage shows the balance.",
        )
    _set_held(session, workspace_id, render_id, render.held, amount)
    if has_fallen_low(session, workspace_id, before):
        events.record(session, workspace_id, "credits.low", {"available": before.available - missing})


def charge(session: Session, render_id: UUID, seconds: float) -> int:
    """Charge a finished render for its actual duration, once. Returns the credits billed, now or before.

    What was held beyond the price is released. A price above the hold is charged in full, because the work is done:
    it may take the available credits below 0, and later holds are refused until grants have made up for it.
    """
    workspace_id = _lock_payer(session, render_id)
    assert workspace_id is not None, "credits are held for every render before it starts"
    render = _balance(session, CreditEntry.render_id == render_id)
    if render.charged:
        return render.charged
    billed = price(seconds)
    _set_held(session, workspace_id, render_id, render.held, billed)
    _post(session, workspace_id, "held", "spent", billed, render_id=render_id)
    return billed


def release(session: Session, render_id: UUID) -> None:
    """Release what is held for a render that failed or was canceled. Nothing is held after a charge or a release."""
    workspace_id = _lock_payer(session, render_id)
    if workspace_id is not None:
        held = _balance(session, CreditEntry.render_id == render_id).held
        _set_held(session, workspace_id, render_id, held, 0)


def balance(session: Session, workspace_id: UUID) -> Balance:
    """The balance of a workspace, this month's grant of its plan included."""
    _grant_month(session, workspace_id)
    return _balance(session, CreditEntry.workspace_id == workspace_id)


def has_fallen_low(session: Session, workspace_id: UUID, before: Balance) -> bool:
    """Whether the available credits have fallen under a tenth of the plan's monthly grant since `before`.

    Read `before` ahead of the hold or charge. Two at the same moment may both see the fall.
    """
    mark = workspaces.plan_of(session, workspace_id).credits / 10
    return balance(session, workspace_id).available < mark <= before.available


def month_start() -> datetime:
    """The beginning of the present calendar month in UTC."""
    return now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _grant_month(session: Session, workspace_id: UUID) -> None:
    monthly = workspaces.plan_of(session, workspace_id).credits
    month = month_start().date()
    granted = exists().where(CreditEntry.workspace_id == workspace_id, CreditEntry.month == month)
    if not monthly or session.scalar(select(granted)):
        return
    # Locked before the insert: one that waits for another's uncommitted grant while it holds the lock would deadlock.
    _lock(session, workspace_id)
    row = {"source": "issued", "target": "available", "amount": monthly, "month": month, "created_at": now()}
    session.execute(insert(CreditEntry).values(workspace_id=workspace_id, **row).on_conflict_do_nothing())


def _balance(session: Session, condition: ColumnElement[bool]) -> Balance:
    query = select(CreditEntry.source, CreditEntry.target, func.sum(CreditEntry.amount)).where(condition)
    sums: Mapping[tuple[str, str], int] = {
        (source, target): int(amount)
        for source, target, amount in session.execute(query.group_by(CreditEntry.source, CreditEntry.target))
    }
    charged = sums.get(("held", "spent"), 0)
    return Balance(
        granted=sums.get(("issued", "available"), 0),
        held=sums.get(("available", "held"), 0) - sums.get(("held", "available"), 0) - charged,
        charged=charged,
    )


def _set_held(session: Session, workspace_id: UUID, render_id: UUID, held: int, amount: int) -> None:
    """Make what is held for a render, now `held`, come to `amount`."""
    if amount > held:
        _post(session, workspace_id, "available", "held", amount - held, render_id=render_id)
    elif amount < held:
        _post(session, workspace_id, "held", "available", held - amount, render_id=render_id)


def _post(
    session: Session,
    workspace_id: UUID,
    source: CreditAccount,
    target: CreditAccount,
    amount: int,
    *,
    render_id: UUID | None = None,
    note: str | None = None,
) -> None:
    session.add(
        CreditEntry(
            workspace_id=workspace_id,
            source=source,
            target=target,
            amount=amount,
            render_id=render_id,
            note=note,
            created_at=now(),
        )
    )


def _lock_payer(session: Session, render_id: UUID) -> UUID | None:
    """The workspace that credits were held of for a render, locked; None when there were none."""
    query = select(CreditEntry.workspace_id).where(CreditEntry.render_id == render_id).limit(1)
    workspace_id = session.scalar(query)
    if workspace_id is not None:
        _lock(session, workspace_id)
    return workspace_id


def _lock(session: Session, workspace_id: UUID) -> None:
    # FOR NO KEY UPDATE: a stronger lock would wait for every transaction that has inserted a row of the workspace.
    session.execute(select(Workspace.id).where(Workspace.id == workspace_id).with_for_update(key_share=True))
