"""Daily quota of the project, which resets at midnight Pacific time."""

from typing import Final
from zoneinfo import ZoneInfo

from sandbox.settings import read_settings
from sandbox.store import Store
from sandbox.youtube import errors

_PACIFIC: Final = ZoneInfo("America/Los_Angeles")


def spend_insert(store: Store) -> None:
    """Spend one upload; uploads have their own quota. Raises ApiError `quotaExceeded`."""
    _spend(store, "inserts", 1, read_settings(store).youtube_inserts_per_day)


def spend_units(store: Store, units: int) -> None:
    """Spend the units of any other call. Raises ApiError `quotaExceeded`."""
    _spend(store, "units", units, read_settings(store).youtube_units_per_day)


def _spend(store: Store, bucket: str, amount: int, limit: int) -> None:
    day = f"{bucket} {store.now().astimezone(_PACIFIC).date()}"
    with store.transaction():
        used = (store.get("youtube_quota", day) or {"used": 0})["used"] + amount
        if used > limit:
            raise errors.quota_exceeded()
        store.put("youtube_quota", day, {"used": used})
