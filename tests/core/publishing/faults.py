"""Errors of a platform, one of each kind, and the faults that a test injects into the calls to it."""

from dataclasses import dataclass
from typing import Final

from hypothesis import strategies as st

from content_pipeline.core.errors import TooManyRequests, UpstreamError
from content_pipeline.core.platforms.base import (
    Ambiguous,
    Disconnected,
    Expired,
    OutcomeUnknown,
    PreparationLost,
    Refused,
)

REFUSED: Final = Refused("The sound belongs to a third party.", code="platform_refused")
BROKEN: Final = UpstreamError("It answered 400.", code="remote_failed")
UNREACHABLE: Final = UpstreamError("It did not answer.", code="platform_unreachable", retryable=True)
BUSY: Final = TooManyRequests("Slowly.", retry_after=60)
LOST: Final = PreparationLost("The upload is gone.")
AMBIGUOUS: Final = Ambiguous("It broke off.")
UNKNOWN: Final = OutcomeUnknown("It cannot say.")
EXPIRED: Final = Expired("The token is not good.")
DISCONNECTED: Final = Disconnected("The person left.", remedy="Connect the account again.")


class Crash(BaseException):
    """Stands for the death of the process."""


@dataclass
class Fault:
    """An error that a call raises, before or after its effect."""

    error: BaseException
    after: bool = False


BEFORE = [REFUSED, BROKEN, UNREACHABLE, BUSY, LOST, EXPIRED, DISCONNECTED, Crash()]
FAULTS = {
    "check": st.sampled_from([None, *map(Fault, BEFORE)]),
    "prepare": st.sampled_from([None, *map(Fault, BEFORE), Fault(UNREACHABLE, after=True), Fault(Crash(), after=True)]),
    "commit": st.sampled_from(
        [
            None,
            *map(Fault, [*BEFORE, AMBIGUOUS]),
            *(Fault(error, after=True) for error in (AMBIGUOUS, Crash(), KeyError())),
        ]
    ),
    "reconcile": st.sampled_from(
        [None, *map(Fault, [UNREACHABLE, BUSY, EXPIRED, DISCONNECTED, AMBIGUOUS, UNKNOWN, Crash()])]
    ),
    "is_processing": st.sampled_from([None, *map(Fault, [UNREACHABLE, BUSY, DISCONNECTED])]),
    "confirm": st.sampled_from([None, *map(Fault, [UNREACHABLE, REFUSED, DISCONNECTED])]),
}
