"""SQLAlchemy mixin with the columns of polling: next poll, number of polls, and end."""

from datetime import datetime

from sqlalchemy import DateTime
from sqlalchemy.orm import Mapped, mapped_column


class PollingMixin:
    """`poll_at` is the time of the next poll, `polls` how many there were, `waits_until` the time at which they end."""

    poll_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    polls: Mapped[int] = mapped_column(default=0)
    waits_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
