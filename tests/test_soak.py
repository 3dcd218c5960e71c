"""The soak's arithmetic: which series are watched, and what counts as growth. The soak itself is `make soak`."""

import random
from collections.abc import Callable

import pytest

from bench import soak_series
from bench.soak_series import TASKS, Sample, Verdict

MEMORY = "process_memory_bytes{api}"
POSTGRES = "process_memory_bytes{postgres}"
ROWS = "table_rows{content,tasks}"
HOUR = 3600
MB = 1e6


def sampled(seconds: float = HOUR, **series: Callable[[float], float | None]) -> list[Sample]:
    """Samples of series, given as functions of seconds (None: not there), with a task that ends each second."""
    made = {**series, TASKS: lambda at: at}
    return [
        Sample(at, {name: found for name, value in made.items() if (found := value(at)) is not None})
        for at in (15.0 * n for n in range(int(seconds / 15) + 1))
    ]


def soak(seconds: float = HOUR, **series: Callable[[float], float | None]) -> dict[str, Verdict]:
    """The verdicts on such series."""
    return {verdict.series: verdict for verdict in soak_series.judge(sampled(seconds, **series))}


def grows(name: str, value: Callable[[float], float], seconds: float = HOUR) -> bool:
    return soak(seconds, **{name: value})[name].grows


def test_what_stays_the_same_does_not_grow_however_it_varies() -> None:
    noise = random.Random(1)
    assert not grows(MEMORY, lambda _: 300 * MB * noise.uniform(0.8, 1.2))


def test_a_leak_grows_also_below_noise() -> None:
    noise = random.Random(1)
    assert grows(MEMORY, lambda at: 300 * MB * noise.uniform(0.9, 1.1) + at / HOUR * 100 * MB)


def test_what_is_loaded_in_the_first_third_is_no_growth() -> None:
    assert not grows(MEMORY, lambda at: 300 * MB if at < 800 else 900 * MB)
    assert grows(MEMORY, lambda at: 300 * MB if at < 2000 else 900 * MB)
    assert [soak_series.warm_up(seconds) for seconds in (300, HOUR, 10 * HOUR)] == [100, 900, 900]


def test_a_peak_at_the_end_is_no_growth() -> None:
    assert not grows(MEMORY, lambda at: 900 * MB if at > HOUR - 120 else 300 * MB)


def test_little_may_vary_by_more_than_its_share() -> None:
    assert not grows("scratch_folders", lambda at: 0 if at < 2000 else 2)
    assert grows("scratch_folders", lambda at: at / 600)


def test_rows_may_grow_by_what_is_kept_of_each_task_and_no_faster() -> None:
    assert not grows(ROWS, lambda at: 50_000 + 12 * at)
    assert grows(ROWS, lambda at: 12 * at + at**2 / 500)
    assert soak(**{ROWS: lambda at: 50_000 + 12 * at})[ROWS].at_end == pytest.approx(12)


def test_a_series_that_appears_late_began_with_nothing() -> None:
    verdict = soak(**{MEMORY: lambda at: None if at < 2000 else 100 * MB})[MEMORY]
    assert (verdict.after_warm_up, verdict.grows) == (0, True)


def test_more_connections_are_no_more_memory_of_postgres() -> None:
    def grows_with(connections: Callable[[float], float], each: Callable[[float], float]) -> bool:
        memory = {POSTGRES: lambda at: connections(at) * each(at), "processes{postgres}": connections}
        return soak(**memory)[POSTGRES].grows

    assert not grows_with(lambda at: 60 + 40 * at / HOUR, lambda _: 4 * MB)
    assert grows_with(lambda _: 60, lambda at: (4 + at / HOUR) * MB)


@pytest.mark.parametrize("memory", [None, 240 * MB])
def test_while_postgres_restarts_its_memory_is_not_judged(memory: float | None) -> None:
    """Its processes are not in a scrape then, while their memory, which is not measured each time, may be."""

    def restarts(value: float, meanwhile: float | None) -> Callable[[float], float | None]:
        return lambda at: meanwhile if HOUR / 2 <= at < 0.7 * HOUR else value

    found = soak(**{POSTGRES: restarts(240 * MB, memory), "processes{postgres}": restarts(60, None)})[POSTGRES]
    assert (found.after_warm_up, found.at_end, found.an_hour) == (4 * MB, 4 * MB, 0)


def test_a_series_that_others_are_divided_by_and_that_is_never_there_is_told() -> None:
    memory = {POSTGRES: lambda _: 240 * MB}
    assert soak_series.missing_divisors(sampled(**memory, **{"processes{pg}": lambda _: 60})) == ["processes{postgres}"]
    assert soak_series.missing_divisors(sampled(**memory, **{"processes{postgres}": lambda _: 60})) == []


def test_what_is_given_back_is_no_growth() -> None:
    found = soak(**{MEMORY: lambda at: 900 * MB - at / HOUR * 500 * MB})[MEMORY]
    assert not found.grows
    assert found.an_hour == pytest.approx(-500 * MB)


def test_ages_and_rates_are_not_judged() -> None:
    assert soak(**{"queue_age_seconds{io}": lambda at: at}) == {}


def test_a_scrape_is_read_by_series_and_its_tasks_are_added_up() -> None:
    text = (
        "# TYPE content_pipeline_ended_tasks counter\n"
        'content_pipeline_ended_tasks_total{kind="reel",end="done"} 2.0\n'
        'content_pipeline_ended_tasks_total{kind="caption",end="canceled"} 3.0\n'
        "# TYPE content_pipeline_process_open_files gauge\n"
        'content_pipeline_process_open_files{service="api",kind="socket"} 40.0\n'
        "# TYPE content_pipeline_scratch_folders gauge\n"
        "content_pipeline_scratch_folders 1.0\n"
    )
    assert soak_series.parse(text) == {
        TASKS: 5.0,
        "process_open_files{api,socket}": 40.0,
        "scratch_folders": 1.0,
        "samples": 4,
    }
