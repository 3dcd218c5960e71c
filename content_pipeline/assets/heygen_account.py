"""External asset `heygen_account`: the account that pays for avatars at HeyGen, observed by a sensor."""

import dagster as dg

from content_pipeline.assets.owners import RENDERING
from content_pipeline.core.avatars.heygen_account import Account

heygen_account = dg.AssetSpec(
    "heygen_account",
    group_name="avatars",
    kinds={"heygen"},
    owners=RENDERING,
    description="The account at HeyGen: its balance and its videos in flight, while HeyGen renders the avatars.",
)


def observed(account: Account) -> dg.AssetObservation:
    """The event that records what was read of the account."""
    balance = account.balance
    return dg.AssetObservation(
        heygen_account.key,
        metadata={
            "balance": "no wallet" if balance.remaining is None else balance.remaining,
            "currency": balance.currency,
            "level": balance.level,
            "videos_in_flight": account.videos_in_flight,
        },
    )
