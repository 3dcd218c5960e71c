"""Limits of how much a client sends or reads in some time, for requests that cost more than others, or by their size.

The plan's rate counts requests, whatever they hold. A client is a workspace, or an address where there is no key.
"""

from dataclasses import dataclass
from typing import Final

from fastapi import Request

from api.limits.concurrency.concurrency_limit import client_of
from api.limits.rate_limiter import RateLimiter, too_many
from content_pipeline.core.infrastructure.rate_limits import Rate

_rate_limiter: Final = RateLimiter()


@dataclass
class VolumeLimit:
    """`most` units of what `of` names, at once and in each `seconds`, for each client. A single request may not have
    more."""

    of: str
    unit: str
    most: int
    seconds: int = 60

    async def take(self, client: str, amount: int) -> None:
        """Count a request. Raises TooManyRequests when the client has sent, or read, as much as it may."""
        rate = Rate(self.most, self.seconds)
        result = await _rate_limiter.take(f"{self.unit} of {self.of} of {client}", rate, amount)
        if not result.allowed:
            units = f"{self.most:,} {self.unit} of {self.of}"
            raise too_many(f"The limit of each workspace is {units} in {self.seconds} seconds.", result)

    async def count(self, request: Request) -> None:
        """Dependency of routes: counts each request as one unit. Raises as `take` does."""
        await self.take(client_of(request), 1)
