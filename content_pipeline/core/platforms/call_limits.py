"""Client-side rate limits for platform APIs, shared by all processes, so that platforms need not answer 429."""

from typing import Final

from content_pipeline.core.errors import TooManyRequests
from content_pipeline.core.infrastructure import rate_limits
from content_pipeline.core.infrastructure.rate_limits import Rate

_LATER: Final = "Nothing to do: it is retried automatically."


def take_call(call: str, account: str, rate: Rate) -> None:
    """Count one `call` (like `tiktok:init`) of an account, or of all together where the limit is the app's.

    Raises TooManyRequests, with `retry_after`, when `rate` is used up: the call must not be made.
    """
    _take(
        f"{call}:{account}",
        rate,
        code="platform_pace",
        detail=f"The platform takes {rate.quota} such calls in {rate.window:.0f} seconds.",
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


def start_cooldown(platform: str, account: str, seconds: float) -> None:
    """Have the reading of an account's figures pause, in all processes, because the platform's own limit is near."""
    rate_limits.charge({_cooldown_bucket(platform, account): seconds})


def ensure_not_cooling_down(platform: str, account: str) -> None:
    """Raises TooManyRequests, with `retry_after`, while the reading of an account's figures pauses."""
    if seconds := rate_limits.seconds_filled(_cooldown_bucket(platform, account)):
        raise TooManyRequests(
            "The account is near a limit of the platform, and what is left of it is for publishing.",
            code="insights_rest",
            remedy=_LATER,
            retry_after=seconds,
        )


def _cooldown_bucket(platform: str, account: str) -> str:
    return f"{platform}:cooldown:{account}"


def _take(bucket: str, rate: Rate, *, code: str, detail: str) -> None:
    limit = rate_limits.take(bucket, rate)
    if not limit.allowed:
        raise TooManyRequests(
            detail,
            code=code,
            remedy=_LATER,
            retry_after=limit.retry_after,
        )
