"""A platform's limits on how often it may be called, kept by all processes together before it has to refuse."""

from content_pipeline.core import rate_limits
from content_pipeline.core.errors import TooManyRequests
from content_pipeline.core.rate_limits import Rate


def take_call(call: str, account: str, rate: Rate) -> None:
    """Take the place of one `call` (like `tiktok:init`) for an account.

    Raises TooManyRequests, with `retry_after`, when `rate` leaves none: then it is not to be made.
    """
    standing = rate_limits.take(f"{call}:{account}", rate)
    if not standing.allowed:
        raise TooManyRequests(
            f"The platform takes {rate.quota} such calls of an account in {rate.window:.0f} seconds.",
            code="platform_pace",
            remedy="Nothing to do: it is tried again.",
            retry_after=standing.retry_after,
        )
