"""Sliding windows: how often something was done in the last minute or hour."""

from typing import Final

from sandbox.store import Store

# Times are counted in so many steps of a window, so that a busy hour is a short document.
_BUCKETS: Final = 600


def record(world: Store, name: str, *, seconds: float, limit: int) -> float:
    """Count one more use, and tell how much of the limit is used then; above 1 it is not allowed, and not counted."""
    with world.transaction():
        grain = seconds / _BUCKETS
        now = world.seconds()
        kept: dict[str, int] = (world.get("window", name) or {}).get("counts", {})
        counts = {at: count for at, count in kept.items() if int(at) * grain > now - seconds}
        used = sum(counts.values()) + 1
        if used <= limit:
            at = str(int(now / grain))
            counts[at] = counts.get(at, 0) + 1
            world.put("window", name, {"counts": counts})
        return used / limit
