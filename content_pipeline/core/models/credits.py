"""Table of the credit ledger."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from content_pipeline.core.infrastructure.database import Base

CreditAccount = Literal["issued", "available", "held", "spent"]


class CreditEntry(Base):
    """A transfer of credits between two accounts of a workspace. Rows are only inserted, never changed or deleted.

    | from → to | is a |
    |---|---|
    | issued → available | grant: of the plan for `month` (its first day), or of an operator, who may leave a `note` |
    | available → held | hold for a render |
    | held → available | release of that hold, or of a part of it |
    | held → spent | charge of a finished render, at most one per render |

    An account's balance is what came in minus what went out, so the four balances of a workspace always sum to zero.
    """

    __tablename__ = "credit_entries"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint(
            "(source, target) in (('issued', 'available'), ('available', 'held'), ('held', 'available'),"
            " ('held', 'spent')) and (render_id is null) = (source = 'issued')",
            name="transfer_known",
        ),
        UniqueConstraint("workspace_id", "month"),
        Index("uq_credit_entries_charge", "render_id", unique=True, postgresql_where=text("target = 'spent'")),
        Index("ix_credit_entries_workspace_newest", "workspace_id", text("created_at desc")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"))
    source: Mapped[CreditAccount] = mapped_column(String)
    target: Mapped[CreditAccount] = mapped_column(String)
    amount: Mapped[int] = mapped_column(BigInteger)
    render_id: Mapped[UUID | None] = mapped_column(index=True)
    month: Mapped[date | None] = mapped_column(Date)
    note: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
