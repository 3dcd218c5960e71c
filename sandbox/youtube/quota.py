"""What a project may do in a day, which ends at midnight in California."""

from typing import Final
from zoneinfo import ZoneInfo

from sandbox.settings import read_settings
from sandbox.store import Store
from sandbox.youtube import errors

_PACIFIC: Final = ZoneInfo("America/Los_Angeles")


def spend_insert(world: Store) -> None:
    """One upload of the project, which has a day's measure of its own. Raises Refusal `quotaExceeded`."""
    _spend(world, "inserts", 1, read_settings(world).youtube_inserts_per_day)


def spend_units(world: Store, units: int) -> None:
    """What any other call costs. Raises Refusal `quotaExceeded`."""
    _spend(world, "units", units, read_settings(world).youtube_units_per_day)


def _spend(world: Store, bucket: str, amount: int, limit: int) -> None:
    day = f"{bucket} {world.now().astimezone(_PACIFIC).date()}"
    with world.transaction():
        used = (world.get("youtube_quota", day) or {"used": 0})["used"] + amount
        if used > limit:
            raise errors.quota_exceeded()
        world.put("youtube_quota", day, {"used": used})
