"""Checks of the external services that are set up, for `content-pipeline doctor`."""

from collections.abc import Iterator
from dataclasses import dataclass

from content_pipeline.core.errors import Error
from content_pipeline.core.providers import heygen


@dataclass(frozen=True, slots=True)
class Check:
    """The result for one service: `detail` says what it answered, or what is wrong and how to mend it."""

    service: str
    is_healthy: bool
    detail: str


def checks() -> Iterator[Check]:
    """Check each service that is set up."""
    if heygen.is_configured():
        yield _check_heygen()


def _check_heygen() -> Check:
    try:
        balance = heygen.balance()
    except Error as error:
        return Check("HeyGen", is_healthy=False, detail=f"{error.detail} {error.remedy}".rstrip())
    if balance.remaining is None:
        return Check("HeyGen", is_healthy=True, detail="The account has no wallet.")
    left = f"{balance.remaining:.2f} {balance.currency.upper()}"
    if balance.remaining <= 0:
        return Check("HeyGen", is_healthy=False, detail=f"The wallet is empty: {left}. Top it up at HeyGen.")
    if balance.level == "low":
        return Check("HeyGen", is_healthy=False, detail=f"Only {left} left. Top it up at HeyGen.")
    return Check("HeyGen", is_healthy=True, detail=f"{left} left.")
