"""Sliding-window rate limiter, with its counters in the store."""

from typing import Final

from sandbox.store import Store

# Times are rounded to 600 buckets per window, which bounds the size of the document.
_BUCKETS: Final = 600


def record(store: Store, name: str, *, seconds: float, limit: int) -> float:
    """Record one call; returns the used share of the limit. Above 1 the call is not allowed and not recorded."""
    with store.transaction():
        bucket = seconds / _BUCKETS
        now = store.timestamp()
        kept: dict[str, int] = (store.get("window", name) or {}).get("counts", {})
        counts = {at: count for at, count in kept.items() if int(at) * bucket > now - seconds}
        used = sum(counts.values()) + 1
        if used <= limit:
            at = str(int(now / bucket))
            counts[at] = counts.get(at, 0) + 1
            store.put("window", name, {"counts": counts})
        return used / limit
