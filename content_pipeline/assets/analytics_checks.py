"""Asset check results of the metrics assets, built from the queries of core/analytics/quality.py."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

import dagster as dg

from content_pipeline.core.analytics import overview, unusual
from content_pipeline.core.analytics.figures import DayFigures
from content_pipeline.core.analytics.quality import Falls
from content_pipeline.core.analytics.sync import Outcome
from content_pipeline.core.analytics.windows import Window

ACCOUNTS_READ: Final = "Every account could be read."
TOTALS_NEVER_FALL: Final = (
    "Totals did not fall by more than platforms take back with spam: by more than half and at least 100. It fails when"
    " that is so for half of the accounts or more: then the platform's answers are wrong, and no day is derived until a"
    " reading passes. Of fewer accounts only the readings in question are left out, until the next ones confirm them."
)
ROWS_OF_READINGS: Final = "As many readings are stored as accounts and posts were read."
ROWS_OF_DAYS: Final = "Each account and post has figures of each day on which it was read."
VIEWS_UNUSUAL: Final = (
    "No platform's views of its newest day are far from those of the four weeks before: five deviations of their"
    " logarithms from the median, by MAD."
)
_SHOWN: Final = 20


def of_snapshots(
    asset_key: dg.AssetKey, outcomes: Sequence[Outcome], falls: Falls, *, read: int, stored: int
) -> Iterator[dg.AssetCheckResult]:
    """The checks of a platform's readings in a window: `read` posts and accounts, of which `stored` readings."""
    failed = [outcome.error for outcome in outcomes if outcome.error]
    reasons = Counter(f"{error.code}: {error.detail}" for error in failed)
    yield dg.AssetCheckResult(
        asset_key=asset_key,
        check_name="accounts_read",
        passed=not failed,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"accounts_failed": len(failed), "reasons": dict(reasons)},
    )
    yield dg.AssetCheckResult(
        asset_key=asset_key,
        check_name="totals_never_fall",
        passed=not falls.are_systemic,
        metadata={
            "readings_compared": falls.compared,
            "readings_corrected": falls.corrected,
            "readings_implausible": falls.implausible,
            "accounts_compared": falls.accounts,
            "accounts_in_doubt": len(falls.in_doubt),
            "in_doubt": ", ".join(falls.in_doubt[:_SHOWN]),
        },
    )
    yield dg.AssetCheckResult(
        asset_key=asset_key,
        check_name="row_counts",
        passed=stored >= read,
        metadata={"read": read, "stored": stored},
    )


def of_days(views: Sequence[DayFigures], last: date, *, missing: int, written: int) -> Iterator[dg.AssetCheckResult]:
    """The checks of derived days: `views` of the weeks up to the last day that is over."""
    yield dg.AssetCheckResult(
        check_name="row_counts", passed=missing == 0, metadata={"days_written": written, "days_missing": missing}
    )
    compared = overview.compare_views(views, last)
    strange = [day for day in compared if day.is_unusual]
    numbers: dict[str, int] = {}
    for day in compared:
        numbers |= {
            f"{day.platform}_views": round(day.views),
            f"{day.platform}_usual": round(day.limits.usual),
            f"{day.platform}_lowest": round(day.limits.lowest),
            f"{day.platform}_highest": round(day.limits.highest),
        }
    yield dg.AssetCheckResult(
        check_name="views_unusual",
        passed=not strange,
        severity=dg.AssetCheckSeverity.WARN,
        description="; ".join(
            f"{day.platform} had {day.views:,.0f} views on {day.day}, usual are {day.limits.usual:,.0f}"
            for day in strange
        ),
        metadata={**numbers, "platforms_compared": len(compared), "platforms_unusual": len(strange)},
    )


def first_compared_day(last: date) -> date:
    """The first day whose views are needed to compare those of `last`."""
    return date.fromordinal(last.toordinal() - unusual.DAYS - 7)


def of_windows(missing: Sequence[tuple[str, Window]]) -> dg.AssetCheckResult:
    names = [f"{platform} {window.start:%Y-%m-%d-%H:%M}" for platform, window in missing]
    more = [f"and {len(names) - _SHOWN} more"] if len(names) > _SHOWN else []
    return dg.AssetCheckResult(
        check_name="no_gaps",
        passed=not names,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"windows_missing": len(names), "missing": ", ".join([*names[:_SHOWN], *more])},
    )
