"""Maps metrics of the platforms to table columns."""

from typing import Any, Final, get_args

from sqlalchemy import BigInteger

from content_pipeline.core.models.analytics import MetricSnapshot
from content_pipeline.core.platforms.insights import Figures, Metric

METRICS: Final[tuple[Metric, ...]] = get_args(Metric)
COUNTS: Final = frozenset(
    metric for metric in METRICS if isinstance(MetricSnapshot.__table__.columns[metric].type, BigInteger)
)


def to_columns(figures: Figures) -> dict[str, Any]:
    """The value of every metric's column: None where it is not given. Counts are whole numbers."""
    return {metric: _rounded(metric, figures.get(metric)) for metric in METRICS}


def _rounded(metric: Metric, value: float | None) -> float | None:
    return round(value) if value is not None and metric in COUNTS else value
