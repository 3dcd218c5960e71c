"""Table of the failures that operators are told of."""

from datetime import datetime

from sqlalchemy import BigInteger, DateTime
from sqlalchemy.orm import Mapped, mapped_column

from content_pipeline.core.infrastructure.database import Base


class FailureCount(Base):
    """How many runs have failed with this code, ever; how many of them the log and the operator's webhook were told of.

    `last_event_id` is that of the newest failure in Dagster's event log: those up to it are counted. `last_run_id`,
    `last_job` and `last_at` say of that one. `logged_at` is when the log was told last, `send_at` when the webhook may
    be called next.
    """

    __tablename__ = "failure_counts"

    code: Mapped[str] = mapped_column(primary_key=True)
    total: Mapped[int] = mapped_column(BigInteger, default=0)
    logged: Mapped[int] = mapped_column(BigInteger, default=0)
    logged_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    sent: Mapped[int] = mapped_column(BigInteger, default=0)
    send_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    last_event_id: Mapped[int] = mapped_column(BigInteger)
    last_run_id: Mapped[str]
    last_job: Mapped[str]
    last_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
