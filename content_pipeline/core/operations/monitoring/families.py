"""Builds Prometheus metric families from rows."""

from collections.abc import Iterable, Sequence
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

PREFIX: Final = "content_pipeline_"

Rows = Iterable[tuple[Sequence[str], float]]


def gauge(name: str, documentation: str, rows: Rows, labels: Sequence[str] = ()) -> GaugeMetricFamily:
    """A gauge with a sample for each row: the values of its labels, and its own."""
    family = GaugeMetricFamily(f"{PREFIX}{name}", documentation, labels=labels)
    for values, value in rows:
        family.add_metric(values, value)
    return family


def counter(name: str, documentation: str, rows: Rows, labels: Sequence[str] = ()) -> CounterMetricFamily:
    """A counter, whose samples get the suffix `_total`."""
    family = CounterMetricFamily(f"{PREFIX}{name}", documentation, labels=labels)
    for values, value in rows:
        family.add_metric(values, value)
    return family
