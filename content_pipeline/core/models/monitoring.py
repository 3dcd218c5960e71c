"""Tables of what `/metrics` cannot count at each scrape: ended tasks, and the bucket."""

from datetime import datetime

from sqlalchemy import BigInteger, DateTime
from sqlalchemy.orm import Mapped, mapped_column

from content_pipeline.core.infrastructure.database import Base


class EndedTaskCount(Base):
    """How many tasks of a kind ended in a state, with an error's code, until the measurement `ended_tasks` was taken.

    `platform` is that of publications; it and `code` are empty where there is none. `seconds` is the sum of their times
    from request to end. Rows only grow: they outlive the tasks that they count.
    """

    __tablename__ = "ended_task_counts"

    kind: Mapped[str] = mapped_column(primary_key=True)
    platform: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    tasks: Mapped[int] = mapped_column(BigInteger)
    seconds: Mapped[float]


class Measurement(Base):
    """The last value of something that is too slow to measure at each scrape."""

    __tablename__ = "measurements"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[float]
    taken_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
