"""The balance of HeyGen's API wallet."""

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel

from content_pipeline.core.providers.heygen import client

Currency = Literal["usd", "credits"]


@dataclass(frozen=True, slots=True)
class Balance:
    """What is left, in US dollars or in an enterprise's credits; `remaining` is None where there is no wallet."""

    remaining: float | None
    currency: Currency = "usd"


class _Wallet(BaseModel):
    currency: Currency
    remaining_balance: float | None = None


class _Me(BaseModel):
    wallet: _Wallet | None = None


def balance() -> Balance:
    """The balance now."""
    wallet = client.get(_Me, "/users/me").wallet
    return Balance(wallet.remaining_balance, wallet.currency) if wallet else Balance(None)
