"""The run that writes an export: what it records, and what a re-run does."""

from typing import Any
from uuid import UUID

import dagster as dg
import pytest

from content_pipeline.core import storage
from content_pipeline.core.analytics import exports
from content_pipeline.core.analytics.figures import Selection
from content_pipeline.core.database import transaction
from content_pipeline.core.models import DailyMetric, Task
from tests import asset_runs
from tests.asset_runs import execute_job
from tests.metric_history import History, day


@pytest.fixture
def history(workspace_id: UUID) -> History:
    history = History(workspace_id)
    record(history, 0)
    return history


def record(history: History, number: int) -> None:
    with transaction() as session:
        session.add(DailyMetric(account_id=history.account_id, day=day(number), estimated=False, views=5))


@pytest.fixture
def task(history: History) -> Task:
    asked = Selection(history.workspace_id, 7, end=day(3))
    with transaction() as session:
        _, task = exports.create_with_task(session, asked, format="parquet", grain="account", most_rows=10)
    return task


def execute(task: Task) -> dg.ExecuteInProcessResult:
    return execute_job("export", task.partition_key, lane="io")


def recorded(result: dg.ExecuteInProcessResult) -> dict[str, Any]:
    (metadata,) = asset_runs.recorded(result).values()
    return metadata


@pytest.mark.slow
def test_a_run_writes_the_file_and_records_what_it_has(task: Task) -> None:
    result = execute(task)
    assert result.success
    found = recorded(result)
    assert storage.exists(found.pop("object"))
    assert found.pop("bytes") > 0
    assert found == {
        "rows": 1,
        "format": "parquet",
        "grain": "account",
        "first_day": day(-3).isoformat(),
        "last_day": day(3).isoformat(),
        "platform": "all",
    }
    assert [check.passed for check in result.get_asset_check_evaluations()] == [True]
    assert state_of(task) == "done"


def state_of(task: Task) -> str:
    with transaction() as session:
        return session.get_one(Task, task.id).state


@pytest.mark.slow
def test_a_re_run_replaces_the_file(history: History, task: Task) -> None:
    first = recorded(execute(task))
    record(history, 1)
    again = recorded(execute(task))
    assert (first["object"], first["rows"], again["rows"]) == (again["object"], 1, 2)
    with transaction() as session:
        assert exports.result(session, task)["rows"] == 2
    assert state_of(task) == "done"
