"""Client of HeyGen's API, version 3: talking avatars rendered from a script.

A submission is charged when HeyGen accepts it, and HeyGen cannot be trusted to honor an Idempotency-Key: after
SubmissionUnknown, `find` tells whether it was accepted. All functions but `verify` and `statuses` raise, besides what
they name:

UpstreamError      `heygen_unreachable` and `heygen_failed` (retryable), `heygen_unauthorized`, `heygen_unreadable`,
                   and `avatar_credits` when the wallet is empty
TooManyRequests    `heygen_limited`, with `retry_after`
Invalid            `heygen_refused`, with HeyGen's own code in the sentence
Unavailable        `heygen_unset` without an API key
"""

from content_pipeline.core.avatars.heygen.catalog import Avatar, Voice, avatars, choose_voice, voices
from content_pipeline.core.avatars.heygen.client import is_configured
from content_pipeline.core.avatars.heygen.errors import SubmissionUnknown
from content_pipeline.core.avatars.heygen.videos import (
    SUBMIT_SECONDS,
    Statuses,
    VideoStatus,
    failure,
    find,
    get,
    statuses,
    submit,
)
from content_pipeline.core.avatars.heygen.wallet import Balance, BalanceLevel, balance, balance_level
from content_pipeline.core.avatars.heygen.webhook import HeyGenEvent, verify

__all__ = [
    "SUBMIT_SECONDS",
    "Avatar",
    "Balance",
    "BalanceLevel",
    "HeyGenEvent",
    "Statuses",
    "SubmissionUnknown",
    "VideoStatus",
    "Voice",
    "avatars",
    "balance",
    "balance_level",
    "choose_voice",
    "failure",
    "find",
    "get",
    "is_configured",
    "statuses",
    "submit",
    "verify",
    "voices",
]
