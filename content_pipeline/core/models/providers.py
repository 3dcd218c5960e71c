"""Table of balances at external providers."""

from datetime import datetime

from sqlalchemy import DateTime
from sqlalchemy.orm import Mapped, mapped_column

from content_pipeline.core.infrastructure.database import Base


class ProviderBalance(Base):
    """What our account at a provider had left at `read_at`; `remaining` is None for an account without a wallet."""

    __tablename__ = "provider_balances"

    provider: Mapped[str] = mapped_column(primary_key=True)
    remaining: Mapped[float | None]
    currency: Mapped[str]
    read_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
