"""Metadata of `daily_metrics`: chart and sparkline of the views of the last 30 days."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from content_pipeline.assets.picture_metadata import picture_metadata
from content_pipeline.core.analytics.figures import DayFigures
from content_pipeline.core.analytics.sparklines import sparkline

_DAYS: Final = 30
# The metadata of a partition has room for this width in a window of 1,440 pixels.
_PIXELS: Final = 760


def first_shown_day(last: date) -> date:
    return last - timedelta(days=_DAYS - 1)


def pictured(views: Sequence[DayFigures], last: date) -> Mapping[str, Any]:
    """Metadata that shows the views of the 30 days up to `last`."""
    # matplotlib takes 30 MB in every worker that loads it, so only workers that draw load it.
    from content_pipeline.core.analytics import charts

    shown = [row for row in views if first_shown_day(last) <= row.day <= last]
    chart = charts.views_by_day(shown, "Views by day and platform", width=_PIXELS)
    return {"views_of_30_days": sparkline(_totals(shown, last)), **picture_metadata("chart", chart, "png", None)}


def _totals(views: Sequence[DayFigures], last: date) -> Sequence[float | None]:
    """The views of all platforms on each day; None where none is known."""
    totals: dict[date, float] = {}
    for row in views:
        if (count := row.figures["views"]) is not None:
            totals[row.day] = totals.get(row.day, 0) + count
    return [totals.get(first_shown_day(last) + timedelta(number)) for number in range(_DAYS)]
