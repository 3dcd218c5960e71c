"""The balance of HeyGen's API wallet."""

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel

from content_pipeline.core.avatars.heygen import client
from content_pipeline.core.settings import settings

Currency = Literal["usd", "credits"]
BalanceLevel = Literal["ok", "low", "unknown"]


@dataclass(frozen=True, slots=True)
class Balance:
    """What is left, in US dollars or in an enterprise's credits; `remaining` is None where there is no wallet."""

    remaining: float | None
    currency: Currency = "usd"

    @property
    def level(self) -> BalanceLevel:
        return balance_level(self.remaining)


def balance_level(remaining: float | None) -> BalanceLevel:
    """Whether this is less than what operators want to be warned of; "unknown" where there is no wallet."""
    if remaining is None:
        return "unknown"
    return "low" if remaining < settings().heygen_low_balance else "ok"


class _Wallet(BaseModel):
    currency: Currency
    remaining_balance: float | None = None


class _Me(BaseModel):
    wallet: _Wallet | None = None


def balance() -> Balance:
    """The balance now."""
    wallet = client.get(_Me, "/users/me").wallet
    return Balance(wallet.remaining_balance, wallet.currency) if wallet else Balance(None)
