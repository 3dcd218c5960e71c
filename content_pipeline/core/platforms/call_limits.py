"""Client-side rate limits for platform APIs, shared by all processes, so that platforms need not answer 429."""

from operator import attrgetter
from typing import Final

from sqlalchemy import func, select

from content_pipeline.core.errors import TooManyRequests
from content_pipeline.core.infrastructure import rate_limits
from content_pipeline.core.infrastructure.database import autocommit
from content_pipeline.core.infrastructure.rate_limits import Rate, RateLimitResult
from content_pipeline.core.models import Account

_LATER: Final = "Nothing to do: it is retried automatically."


def take_call(call: str, account: str, rate: Rate, *, shared_on: str | None = None) -> None:
    """Count one `call` (like `tiktok:init`) of an account. `shared_on`: the platform whose accounts have this rate
    together, because it is the app's.

    Raises TooManyRequests, with `retry_after`, when the rate, or the account's share of it, is used up: the call must
    not be made.
    """
    _check(
        _take(call, account, rate, shared_on),
        code="platform_pace",
        detail=f"The platform takes {rate.quota} such calls in {rate.window:.0f} seconds.",
    )


def take_share(quota: str, account: str, share: Rate, *, shared_on: str | None = None) -> None:
    """Count one unit of a quota that publishing needs too, and of which reading figures may only use `share`.

    `shared_on` is as in `take_call`, and so is what is raised. A bucket fills up again while it is used: in its first
    window a share gives up to twice its quota.
    """
    _check(
        _take(f"{quota}:insights", account, share, shared_on),
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


def _take(name: str, account: str, rate: Rate, shared_on: str | None) -> RateLimitResult:
    return _take_fairly(name, account, rate, shared_on) if shared_on else rate_limits.take(f"{name}:{account}", rate)


def _take_fairly(bucket: str, account: str, rate: Rate, platform: str) -> RateLimitResult:
    """Count a call of those that all accounts of a platform share.

    The first half of the bucket is for whoever asks. In the second half each account has an equal share, which is left
    to it when another one has used up the first.
    """
    half = rate.quota // 2
    anyone = rate_limits.take(bucket, Rate(half, half * rate.cost))
    if anyone.allowed:
        return anyone
    accounts = _count_accounts(platform)
    share = max(half // accounts, 1)
    own = rate_limits.take(f"{bucket}:{account}", Rate(share, share * rate.cost * 2 * accounts))
    if own.allowed:
        return rate_limits.take(bucket, rate)
    return min(anyone, own, key=attrgetter("retry_after"))


def _count_accounts(platform: str) -> int:
    connected = select(func.count()).where(Account.platform == platform, Account.status == "connected")
    with autocommit() as session:
        return max(session.scalars(connected).one(), 1)


def _check(limit: RateLimitResult, *, code: str, detail: str) -> None:
    if not limit.allowed:
        raise TooManyRequests(detail, code=code, remedy=_LATER, retry_after=limit.retry_after)
