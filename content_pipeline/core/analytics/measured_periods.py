"""Tells of which figures the former period was measured, so that only those are compared with the present one.

What an account's posts had got before it was connected is spread from their publication to the first reading: an
estimate for a chart, from which no change can be told.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import and_, func, or_, select, true
from sqlalchemy.orm import Session

from content_pipeline.core.analytics import figures, windows
from content_pipeline.core.analytics.figure_columns import METRICS
from content_pipeline.core.analytics.figures import Selection, Summary, Totals
from content_pipeline.core.models import Account, AccountSync, ReportedDay
from content_pipeline.core.platforms.insights import Metric

_DAY: Final = timedelta(days=1)

Metrics = frozenset[Metric]


def without_unmeasured(session: Session, asked: Selection, summary: Summary) -> Summary:
    """The summary without those figures of the former period that were not measured from its first day on.

    Of all platforms together a figure was measured if it was on each platform that has it.
    """
    first, last = summary.start - _DAY * asked.days, summary.start - _DAY
    unmeasured = _unmeasured(session, asked, first, last)
    platforms = {
        name: _without(totals, unmeasured.get(name, frozenset())) for name, totals in summary.platforms.items()
    }
    missing = {
        metric for name, metrics in unmeasured.items() for metric in metrics if _has(summary.platforms[name], metric)
    }
    return replace(summary, overall=_without(summary.overall, frozenset(missing)), platforms=platforms)


def _without(totals: Totals, metrics: Metrics) -> Totals:
    return Totals(totals.current, {**totals.previous, **dict.fromkeys(metrics)})


def _has(totals: Totals, metric: Metric) -> bool:
    return totals.current[metric] is not None or totals.previous[metric] is not None


def _unmeasured(session: Session, asked: Selection, first: date, last: date) -> Mapping[str, Metrics]:
    """What was not measured, of some account, in all days from `first` to `last`, by platform. Of followers, which are
    a level, only the last day counts."""
    late = _first_read_after(session, asked, first)
    # The days of posts, which a twin's figures are of, are told by no platform.
    reported = {} if asked.twin_id else _reported(session, list(late), first, last)
    found: dict[str, Metrics] = {}
    for account_id, (platform, read_at) in late.items():
        measured = reported.get(account_id, frozenset())
        if read_at.date() <= last:
            measured |= {"followers"}
        found[platform] = found.get(platform, frozenset()) | (frozenset(METRICS) - measured)
    return found


def _first_read_after(session: Session, asked: Selection, first: date) -> Mapping[UUID, tuple[str, datetime]]:
    """The accounts that were first read on this day or later, with their platform and the time of that reading."""
    reading = (
        select(AccountSync.finished_at)
        .where(
            AccountSync.account_id == Account.id,
            windows.HAS_TOTALS,
            or_(AccountSync.error.is_(None), AccountSync.posts_read > 0),
        )
        .order_by(AccountSync.window_start)
        .limit(1)
        .lateral()
    )
    rows = (
        select(Account.id, Account.platform, reading.c.finished_at)
        .join(reading, true())
        .where(*figures.owned_by(asked, Account), reading.c.finished_at >= datetime.combine(first, time(), UTC))
    )
    return {row.id: (row.platform, row.finished_at) for row in session.execute(rows)}


def _reported(session: Session, accounts: list[UUID], first: date, last: date) -> Mapping[UUID, Metrics]:
    """What the platform, or an operator, has said of the days of these accounts from the first one on."""
    until = {metric: last if metric == "followers" else first for metric in METRICS}
    is_said = [
        func.bool_or(and_(getattr(ReportedDay, metric).is_not(None), ReportedDay.day <= day)).label(metric)
        for metric, day in until.items()
    ]
    rows = select(ReportedDay.account_id, *is_said).where(ReportedDay.account_id.in_(accounts), ReportedDay.day <= last)
    found = session.execute(rows.group_by(ReportedDay.account_id)).mappings() if accounts else ()
    return {row["account_id"]: frozenset(metric for metric in METRICS if row[metric]) for row in found}
