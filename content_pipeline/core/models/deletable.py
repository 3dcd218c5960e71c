"""Mixin of the tables whose rows a client can delete."""

from datetime import datetime

from sqlalchemy import DateTime
from sqlalchemy.orm import Mapped, mapped_column


class Deletable:
    """`deleted_at` hides a row from clients. `core/operations/maintenance/purge.py` deletes it later."""

    deleted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
