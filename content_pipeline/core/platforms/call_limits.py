"""Client-side rate limits for platform APIs, shared by all processes, so that platforms need not answer 429."""

from content_pipeline.core import rate_limits
from content_pipeline.core.errors import TooManyRequests
from content_pipeline.core.rate_limits import Rate


def take_call(call: str, account: str, rate: Rate) -> None:
    """Count one `call` (like `tiktok:init`) of an account.

    Raises TooManyRequests, with `retry_after`, when `rate` is used up: the call must not be made.
    """
    _take(
        f"{call}:{account}",
        rate,
        code="platform_pace",
        detail=f"The platform takes {rate.quota} such calls of an account in {rate.window:.0f} seconds.",
    )


def take_share(quota: str, share: Rate) -> None:
    """Count one unit of a quota that publishing needs too, and of which reading figures may only use `share`.

    Raises TooManyRequests, with `retry_after`, when the share is used up: the call must not be made. A bucket fills up
    again while it is used: in its first window a share gives up to twice its quota.
    """
    _take(
        f"{quota}:insights",
        share,
        code="insights_share",
        detail=f"Of this quota of the platform, reading figures may use {share.quota} in {share.window:.0f} seconds.",
    )


def _take(bucket: str, rate: Rate, *, code: str, detail: str) -> None:
    limit = rate_limits.take(bucket, rate)
    if not limit.allowed:
        raise TooManyRequests(
            detail,
            code=code,
            remedy="Nothing to do: it is retried automatically.",
            retry_after=limit.retry_after,
        )
