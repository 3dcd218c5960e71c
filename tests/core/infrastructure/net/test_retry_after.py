"""The Retry-After header."""

from datetime import timedelta
from email.utils import format_datetime

import httpx
import pytest

from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.net.retry_after import retry_after

SENT = "Wed, 21 Oct 2026 07:28:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "0"}, 0.0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "Wed, 99 Oct 2026 07:28:00 GMT"}, None),
        ({"Retry-After": "Wed, 21 Oct 2026 07:29:30 GMT", "Date": SENT}, 90.0),
        ({"Retry-After": "Wednesday, 21-Oct-26 07:28:05 GMT", "Date": SENT}, 5.0),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:05 -0000", "Date": SENT}, 5.0),
        ({"Retry-After": "Wed, 21 Oct 2026 07:00:00 GMT", "Date": SENT}, 0.0),
        ({"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT", "Date": SENT}, 86_400.0),
        ({"Retry-After": "9" * 400}, 86_400.0),
        ({"Retry-After": f"Wed, 21 Oct 2026 07:29:30 +{'9' * 20}"}, None),
        ({"Retry-After": f"Wed, 21 Oct {'9' * 20} 07:29:30 GMT"}, None),
        ({"Retry-After": f"Wed, {'9' * 20} Oct 2026 07:29:30 GMT"}, None),
    ],
)
def test_the_delay_is_read_from_seconds_and_from_a_date(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(httpx.Response(429, headers=headers)) == seconds


@pytest.mark.parametrize("date", [{}, {"Date": "yesterday"}])
def test_without_the_servers_time_a_date_is_compared_with_ours(date: dict[str, str]) -> None:
    due = format_datetime(now() + timedelta(seconds=60))
    found = retry_after(httpx.Response(503, headers={"Retry-After": due} | date))
    assert found == pytest.approx(60, abs=5)
