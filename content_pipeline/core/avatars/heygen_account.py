"""The account at HeyGen: its balance, read every few minutes and kept for health checks, and its videos in flight."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from content_pipeline.core.avatars import heygen
from content_pipeline.core.avatars.heygen import Balance, BalanceLevel
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import AvatarVideo, ProviderBalance

READ_SECONDS: Final = 300
# An older balance tells nothing: three readings have failed since.
_KEPT: Final = timedelta(seconds=3 * READ_SECONDS)
_PROVIDER: Final = "heygen"


@dataclass(frozen=True, slots=True)
class Account:
    """The balance, and the number of videos that HeyGen has and has not ended."""

    balance: Balance
    videos_in_flight: int


def read() -> Account:
    """Read the account at HeyGen, and keep its balance. Raises as HeyGen's client does."""
    balance = heygen.balance()
    with transaction() as session:
        kept = {"remaining": balance.remaining, "currency": balance.currency, "read_at": now()}
        session.merge(ProviderBalance(provider=_PROVIDER, **kept))
        in_flight = session.scalar(select(func.count()).where(AvatarVideo.poll_at.is_not(None)))
    return Account(balance, in_flight or 0)


def balance_level(session: Session) -> BalanceLevel:
    """Whether the kept balance is low, without asking HeyGen; "unknown" when it was not read for a while."""
    kept = session.get(ProviderBalance, _PROVIDER)
    if kept is None or kept.read_at < now() - _KEPT:
        return "unknown"
    return heygen.balance_level(kept.remaining)
