"""Rows that the tests of analytics over HTTP create, and the days they are of."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import (
    DailyMetric,
)


def days_ago(count: int) -> date:
    return now().date() - timedelta(days=count)


def hours_ago(count: float) -> datetime:
    return now() - timedelta(hours=count)


def record(account_id: UUID, ago: int, **figures: Any) -> None:
    """The derived figures of one day of an account."""
    with transaction() as session:
        session.add(DailyMetric(account_id=account_id, day=days_ago(ago), estimated=False, **figures))
