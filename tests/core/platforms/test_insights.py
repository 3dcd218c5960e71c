"""What all readers of figures share: missing scopes, and days that are over."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from content_pipeline.core.platforms import insights
from content_pipeline.core.platforms.base import Disconnected, NotPermitted
from content_pipeline.core.platforms.insights import (
    AudienceShare,
    Figures,
    ScopeMissing,
    batches,
    finished_days,
    scope_needed,
    shares_of_counts,
    without_empty_average,
)

PACIFIC = ZoneInfo("America/Los_Angeles")


@pytest.mark.parametrize(
    ("present", "expected"),
    [
        (datetime(2026, 11, 1, 6, 59, tzinfo=UTC), [30]),  # 23:59 of the 31st there, before the clock change
        (datetime(2026, 11, 1, 7, 0, tzinfo=UTC), [30, 31]),
        (datetime(2026, 11, 2, 7, 59, tzinfo=UTC), [30, 31]),  # a day of 25 hours
        (datetime(2026, 11, 2, 8, 0, tzinfo=UTC), [30, 31, 1]),
        (datetime(2026, 11, 9, 8, 0, tzinfo=UTC), [30, 31, 1, 2]),
        (datetime(2026, 10, 30, 12, 0, tzinfo=UTC), []),
        (datetime(2026, 10, 1, 12, 0, tzinfo=UTC), []),
    ],
)
def test_a_day_counts_when_it_is_over_where_the_platform_counts(
    monkeypatch: pytest.MonkeyPatch, present: datetime, expected: list[int]
) -> None:
    monkeypatch.setattr(insights, "now", lambda: present)
    days = finished_days(date(2026, 10, 30), date(2026, 11, 2), PACIFIC)
    assert [day.day for day in days] == expected


def test_a_missing_scope_does_not_disconnect_the_account() -> None:
    with pytest.raises(ScopeMissing) as missing, scope_needed():
        raise NotPermitted("LinkedIn says: no.", remedy="Connect the account again.")
    assert not isinstance(missing.value, Disconnected)
    assert missing.value.to_dict() == {
        "code": "insights_scope_missing",
        "message": "LinkedIn says: no.",
        "remedy": "Connect the account again.",
        "retryable": False,
    }


def test_a_grant_that_was_taken_back_disconnects_it() -> None:
    with pytest.raises(Disconnected), scope_needed():
        raise Disconnected("Instagram says: no.")


def test_shares_are_of_those_that_are_counted() -> None:
    assert shares_of_counts("country", {"DE": 3, "AT": 1}) == [
        AudienceShare("country", "DE", 0.75),
        AudienceShare("country", "AT", 0.25),
    ]
    assert shares_of_counts("gender", {"female": 0}) == []


@pytest.mark.parametrize(
    ("views", "expected"), [(0, {"views": 0}), (2, {"views": 2, "average_view_seconds": 0}), (None, None)]
)
def test_an_average_over_no_views_is_unknown(views: int | None, expected: Figures | None) -> None:
    figures: Figures = {"average_view_seconds": 0} if views is None else {"views": views, "average_view_seconds": 0}
    assert without_empty_average(figures) == (expected or figures)


def test_ids_are_split_in_their_order() -> None:
    assert list(batches({"a": 1, "b": 2, "c": 3}, 2)) == [["a", "b"], ["c"]]
    assert list(batches([], 2)) == []
