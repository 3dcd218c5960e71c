"""Ingests daily metrics from outside, for accounts whose platform API does not give them."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from content_pipeline.core.analytics import readings
from content_pipeline.core.analytics.figures import DAYS_KEPT
from content_pipeline.core.errors import Invalid, pointer
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.models import Account, ReportedDay
from content_pipeline.core.platforms.insights import Figures
from content_pipeline.core.workspaces.ownership import owned

# An ingestion is committed by so long after its `taken_at`: its request ends earlier, and the clocks of hosts differ by
# less.
_COMMITTED: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class StatedDay:
    """What an operator says of one day of an account."""

    account_id: UUID
    day: date
    figures: Figures


def ingest(session: Session, workspace_id: UUID, rows: Sequence[StatedDay]) -> None:
    """Store these days, in place of what was said of them before. They count where the platform says nothing.

    Raises NotFound for an account of another workspace, and Invalid `ingest_rows_invalid` whose `errors` list every row
    that cannot be taken; then nothing is stored.
    """
    for account_id in {row.account_id for row in rows}:
        owned(session, Account, workspace_id, account_id)
    if errors := list(_errors(rows)):
        raise Invalid(
            f"{len(errors)} of {len(rows)} rows cannot be taken. {errors[0]['detail']}",
            code="ingest_rows_invalid",
            remedy="Correct what `errors` lists and send all rows again; nothing was stored.",
            errors=errors,
        )
    readings.record_days(session, "external", [(row.account_id, row.day, row.figures) for row in rows], now())


def stated_after(session: Session, seen: Collection[datetime]) -> tuple[Collection[date], Collection[datetime]]:
    """The days of which operators have said something that was not seen yet, and what has been seen now.

    An ingestion is known by its `taken_at`. `seen` are those of the last minutes before the newest (none: all days are
    new): one of them may be committed after a newer one. The newest may be of a host whose clock is ahead: what the
    others take meanwhile is new all the same.
    """
    stated = select(ReportedDay.day, ReportedDay.taken_at).where(ReportedDay.source == "external")
    if seen:
        stated = stated.where(ReportedDay.taken_at > _border(seen), ReportedDay.taken_at.not_in(seen))
    rows = session.execute(stated).all()
    known = {*seen, *(row.taken_at for row in rows)}
    return {row.day for row in rows}, {moment for moment in known if moment > _border(known)}


def _border(moments: Collection[datetime]) -> datetime:
    """What was taken before has been committed, and seen."""
    return min(max(moments), now()) - _COMMITTED


def _errors(rows: Sequence[StatedDay]) -> Iterator[dict[str, Any]]:
    today, known = now().date(), set()
    for number, row in enumerate(rows):
        detail = None
        if row.day > today:
            detail = f"{row.day} is in the future."
        elif row.day <= today - timedelta(days=DAYS_KEPT):
            detail = f"{row.day} is more than {DAYS_KEPT} days ago; older figures are not kept."
        elif (row.account_id, row.day) in known:
            detail = f"{row.day} of this account is in an earlier row too."
        elif not row.figures:
            detail = "The row has no figure."
        known.add((row.account_id, row.day))
        if detail:
            yield {"in": "body", "pointer": pointer(["rows", number]), "detail": detail}
