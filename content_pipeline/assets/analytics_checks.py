"""Asset check results of the metrics assets, built from the queries of core/analytics/quality.py.

A run that makes something yields them with it. One that executes checks alone examines what is stored: the newest
readings, and the days of the last two weeks that are over.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Final

import dagster as dg
from sqlalchemy import select
from sqlalchemy.orm import Session

from content_pipeline.core.analytics import outliers, overview, quality
from content_pipeline.core.analytics.figures import DayFigures
from content_pipeline.core.analytics.quality import Falls
from content_pipeline.core.analytics.windows import Window
from content_pipeline.core.errors import Error
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.models import Account

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
_RECENT_DAYS: Final = 14


def of_snapshots(
    asset_key: dg.AssetKey, errors: Sequence[Error], falls: Falls, *, read: int, stored: int
) -> Iterator[dg.AssetCheckResult]:
    """The checks of a platform's readings in a window: `errors` of accounts that could not be read, and `read` posts
    and accounts, of which `stored` readings."""
    reasons = Counter(f"{error.code}: {error.detail}" for error in errors)
    yield dg.AssetCheckResult(
        asset_key=asset_key,
        check_name="accounts_read",
        passed=not errors,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"accounts_failed": len(errors), "most_accounts_failed": 0, "reasons": dict(reasons)},
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
            "most_accounts_in_doubt": falls.most_in_doubt,
            "in_doubt": ", ".join(falls.in_doubt[:_SHOWN]),
        },
    )
    yield dg.AssetCheckResult(
        asset_key=asset_key,
        check_name="row_counts",
        passed=stored >= read,
        metadata={"read": read, "stored": stored},
    )


def of_stored_snapshots(session: Session, asset_key: dg.AssetKey, platform: str) -> Iterator[dg.AssetCheckResult]:
    """The checks of a platform's newest readings: of those of the last window in which an account could be read.

    Not of the latest complete one: until that is read there is nothing to compare, and a check that failed would pass.
    """
    last = quality.last_readings(session, platform)
    window = Window(max((reading.window_start for reading in last if not reading.error), default=now()))
    read = [reading for reading in last if not reading.error and reading.window_start == window.start]
    yield from of_snapshots(
        asset_key,
        quality.last_errors(session, platform),
        quality.falls(session, platform, window.end),
        read=len(read) + sum(reading.posts_read for reading in read),
        stored=quality.count_readings(session, [reading.account_id for reading in read], window.end),
    )


def of_days(views: Sequence[DayFigures], last: date, *, missing: int, written: int) -> Iterator[dg.AssetCheckResult]:
    """The checks of derived days: `views` of the weeks up to the last day that is over."""
    yield _complete_days(missing, {"days_written": written})
    yield _usual_views(views, last)


def of_stored_days(session: Session) -> Iterator[dg.AssetCheckResult]:
    """The checks of the recent days, of all accounts."""
    first, last = recent_days()[0], recent_days()[-1]
    accounts = session.scalars(select(Account.id)).all()
    missing = quality.count_missing_days(session, accounts, first, last)
    yield _complete_days(missing, {"first_day": first.isoformat(), "last_day": last.isoformat()})
    yield _usual_views(overview.list_views(session, first_compared_day(last), last), last)


def recent_days() -> Sequence[date]:
    """The days of the last two weeks that are over: a reading of today may not be derived yet."""
    today = now().date()
    return [today - timedelta(number) for number in range(_RECENT_DAYS, 0, -1)]


def _complete_days(missing: int, values: Mapping[str, int | str]) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        check_name="row_counts",
        asset_key="daily_metrics",
        passed=missing == 0,
        metadata={**values, "days_missing": missing, "most_days_missing": 0},
    )


def _usual_views(views: Sequence[DayFigures], last: date) -> dg.AssetCheckResult:
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
    return dg.AssetCheckResult(
        check_name="views_unusual",
        asset_key="daily_metrics",
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
    return date.fromordinal(last.toordinal() - outliers.DAYS - 7)


def of_files(rows: int, required: int) -> dg.AssetCheckResult:
    """The check of the dataset's files, which have so many `rows` of the `required` ones."""
    return dg.AssetCheckResult(
        check_name="row_counts",
        asset_key="metrics_dataset",
        passed=rows == required,
        metadata={"rows_in_files": rows, "rows": required},
    )


def of_windows(missing: Sequence[tuple[str, Window]]) -> dg.AssetCheckResult:
    names = [f"{platform} {window.start:%Y-%m-%d-%H:%M}" for platform, window in missing]
    more = [f"and {len(names) - _SHOWN} more"] if len(names) > _SHOWN else []
    return dg.AssetCheckResult(
        check_name="no_gaps",
        asset_key="current_metrics",
        passed=not names,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "windows_missing": len(names),
            "most_windows_missing": 0,
            "missing": ", ".join([*names[:_SHOWN], *more]),
        },
    )
