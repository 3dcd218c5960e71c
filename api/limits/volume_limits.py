"""Limits of how much a client sends in a minute, for bodies whose cost follows their size.

The plan's rate counts requests, whatever they hold. A client is a workspace, or an address where there is no key.
"""

from dataclasses import dataclass
from typing import Final

from api.limits.rate_limiter import RateLimiter, too_many
from content_pipeline.core.rate_limits import Rate

_WINDOW_SECONDS: Final = 60

_rate_limiter: Final = RateLimiter()


@dataclass
class VolumeLimit:
    """`per_minute` units of what `of` names, for each client. A single body may not have more."""

    of: str
    unit: str
    per_minute: int

    async def take(self, client: str, amount: int) -> None:
        """Count a body. Raises TooManyRequests when the client has sent as much as it may."""
        rate = Rate(self.per_minute, _WINDOW_SECONDS)
        result = await _rate_limiter.take(f"{self.of} of {client}", rate, amount)
        if not result.allowed:
            most = f"{self.per_minute:,} {self.unit} of {self.of}"
            raise too_many(f"At most {most} a minute are taken from each workspace.", result)
