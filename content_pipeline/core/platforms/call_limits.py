"""Client-side rate limits for platform APIs, shared by all processes, so that platforms need not answer 429."""

from content_pipeline.core import rate_limits
from content_pipeline.core.errors import TooManyRequests
from content_pipeline.core.rate_limits import Rate


def take_call(call: str, account: str, rate: Rate) -> None:
    """Count one `call` (like `tiktok:init`) of an account.

    Raises TooManyRequests, with `retry_after`, when `rate` is used up: the call must not be made.
    """
    limit = rate_limits.take(f"{call}:{account}", rate)
    if not limit.allowed:
        raise TooManyRequests(
            f"The platform takes {rate.quota} such calls of an account in {rate.window:.0f} seconds.",
            code="platform_pace",
            remedy="Nothing to do: it is retried automatically.",
            retry_after=limit.retry_after,
        )
