"""What the soak watches in /metrics, and its verdict on each series: whether it grows although it should not."""

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import Final, NamedTuple

from prometheus_client.parser import text_string_to_metric_families

PREFIX: Final = "content_pipeline_"
# This series counts all finished work. The growth of what is kept is divided by it.
TASKS: Final = "ended_tasks_total"
_MB: Final = 1e6
# A process loads models, drawings and voices with its first work of each kind.
_WARM_UP_SHARE, _WARM_UP_MOST_SECONDS = 1 / 3, 15 * 60.0


class Sample(NamedTuple):
    """Values by series, so many seconds after the beginning."""

    seconds: float
    values: Mapping[str, float]


@dataclass(frozen=True)
class Rule:
    """How far series may grow from the quarter after the warm-up to the last quarter: by `share`, or by `floor`, which
    is what they vary by in a system that is at rest or does the same all the time.

    `per_task`: what is kept of each finished task is judged; it grows with them, and may not grow faster. `per`: judged
    is its ratio to that other series.
    """

    pattern: str
    share: float
    floor: float
    scale: float = 1
    unit: str = ""
    per_task: bool = False
    per: str | None = None


# The first that matches counts. What matches none, such as rates and ages, is not judged.
RULES: Final = (
    # It has a process for each connection; how many there are is judged by itself.
    Rule("process_memory_bytes{postgres}", 0.08, 0.2 * _MB, _MB, "MB each", per="processes{postgres}"),
    # Renders and recordings of different lengths take more or less at the moment of a sample.
    Rule("process_memory_bytes{*}", 0.08, 20 * _MB, _MB, "MB"),
    # A post has threads and connections of its own while it is at work.
    Rule("processes{*}", 0.15, 4),
    Rule("process_threads{*}", 0.2, 8),
    Rule("process_open_files{*}", 0.15, 15),
    Rule("database_connections{*}", 0.15, 8),
    Rule("scratch_folders", 0, 3),
    Rule("temporary_files", 0, 3),
    Rule("folder_files{scratch}", 0, 20),
    Rule("folder_bytes{scratch}", 0, 50 * _MB, _MB, "MB"),
    Rule("folder_files{cache}", 0.02, 5),
    Rule("folder_bytes{cache}", 0.02, 5 * _MB, _MB, "MB"),
    # These series count waiting work, of which a system that keeps up has about the same at all times.
    Rule("open_tasks{*}", 0.1, 10),
    Rule("live_executions", 0.1, 5),
    Rule("webhook_backlog{*}", 0.1, 10),
    Rule("overdue_items", 0, 3),
    # Each label that is new in a scrape is kept by Prometheus.
    Rule("samples", 0.05, 30),
    Rule("table_rows{*}", 0.1, 100, unit="rows a task", per_task=True),
    Rule("database_bytes{*}", 0.1, 5 * _MB, 1e3, "kB a task", per_task=True),
    Rule("bucket_objects", 0.1, 30, unit="a task", per_task=True),
    Rule("bucket_bytes", 0.1, 20 * _MB, 1e3, "kB a task", per_task=True),
    Rule("folder_files{*}", 0.1, 20, unit="a task", per_task=True),
    # PostgreSQL's log of changes and SeaweedFS's volumes grow in steps of 16 and 30 MB.
    Rule("folder_bytes{*}", 0.1, 60 * _MB, 1e3, "kB a task", per_task=True),
)


@dataclass(frozen=True)
class Verdict:
    """Medians of both quarters, the slope between them an hour, and the most that was allowed at the end."""

    series: str
    rule: Rule
    after_warm_up: float
    at_end: float
    an_hour: float
    limit: float

    @property
    def grows(self) -> bool:
        return self.at_end > self.limit and self.an_hour > 0

    @property
    def used(self) -> float:
        """The share of the allowed growth that there was."""
        allowed = self.limit - self.after_warm_up
        return (self.at_end - self.after_warm_up) / allowed if allowed else 0.0


def parse(text: str) -> dict[str, float]:
    """The values of a scrape by series: the metric's name without its prefix, and the values of its labels.

    Ended tasks are added up, runs at work too: their workers have other names after a restart.
    """
    values: dict[str, float] = {}
    number = 0
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            number += 1
            name = sample.name.removeprefix(PREFIX)
            if name in (TASKS, "live_executions"):
                values[name] = values.get(name, 0.0) + sample.value
            else:
                labels = ",".join(sample.labels.values())
                values[f"{name}{{{labels}}}" if labels else name] = sample.value
    return {**values, "samples": number}


def warm_up(seconds: float) -> float:
    """How many of the seconds of a soak are not judged: the first third, a quarter of an hour at most."""
    return min(seconds * _WARM_UP_SHARE, _WARM_UP_MOST_SECONDS)


def judge(samples: Sequence[Sample]) -> list[Verdict]:
    """The verdict on each series that a rule is for. The first sample is of a system that has done nothing."""
    names = {name for sample in samples for name in sample.values}
    found = ((name, rule) for name in sorted(names) if (rule := _rule(name)))
    return [verdict for name, rule in found if (verdict := _judge(samples, name, rule))]


def missing_divisors(samples: Sequence[Sample]) -> list[str]:
    """The series that others are divided by and that no sample has, as after a change of names. What is divided by them
    has no verdict."""
    names = {name for sample in samples for name in sample.values}
    return [rule.per for rule in RULES if rule.per and rule.per not in names]


def _rule(name: str) -> Rule | None:
    return next((rule for rule in RULES if fnmatch(name, rule.pattern)), None)


def _judge(samples: Sequence[Sample], name: str, rule: Rule) -> Verdict | None:
    """None for a series that is not there in both quarters. One that begins later began with 0."""
    begin, end = warm_up(samples[-1].seconds), samples[-1].seconds
    points = list(_per_task(samples, name) if rule.per_task else _plain(samples, name, rule.per))
    judged = [(seconds, value) for seconds, value in points if seconds >= begin]
    quarter = (end - begin) / 4
    first = [value for seconds, value in judged if seconds <= begin + quarter]
    last = [value for seconds, value in judged if seconds >= end - quarter]
    if not first or not last:
        return None
    after = statistics.median(first)
    tasks = samples[-1].values[TASKS] - samples[0].values[TASKS] if rule.per_task else 1.0
    return Verdict(
        name,
        rule,
        after,
        statistics.median(last),
        statistics.linear_regression(*zip(*judged, strict=True)).slope * 3600,
        after + max(rule.share * abs(after), rule.floor / max(tasks, 1.0)),
    )


def _plain(samples: Sequence[Sample], name: str, per: str | None) -> Iterator[tuple[float, float]]:
    for sample in samples:
        if divisor := sample.values.get(per) if per else 1.0:  # not there while the part restarts
            yield sample.seconds, sample.values.get(name, 0.0) / divisor


def _per_task(samples: Sequence[Sample], name: str) -> Iterator[tuple[float, float]]:
    first = samples[0].values
    for sample in samples:
        tasks = sample.values[TASKS] - first[TASKS]
        if tasks > 0 and name in sample.values:
            yield sample.seconds, (sample.values[name] - first.get(name, 0.0)) / tasks
