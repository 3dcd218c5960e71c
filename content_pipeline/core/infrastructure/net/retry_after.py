"""Parses the Retry-After header."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import httpx

from content_pipeline.core.infrastructure.clock import now

# Daily quotas are the longest limits; the year 9999 would overflow datetime.
_LONGEST_SECONDS: Final = 86_400.0


def retry_after(response: httpx.Response) -> float | None:
    """The delay of a Retry-After header in seconds, from 0 to a day; None without a header that can be read."""
    header = response.headers.get("retry-after", "")
    if header.isdecimal():
        return min(float(header), _LONGEST_SECONDS)
    due = _http_date(header)
    if due is None:
        return None
    # The date is compared with the server's own clock, which may differ from ours by more than a short delay.
    sent = _http_date(response.headers.get("date", "")) or now()
    return min(max(0.0, (due - sent).total_seconds()), _LONGEST_SECONDS)


def _http_date(header: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(header)
    except (ValueError, OverflowError):  # of a time zone or year with twenty digits
        return None
    return date.replace(tzinfo=date.tzinfo or UTC)
