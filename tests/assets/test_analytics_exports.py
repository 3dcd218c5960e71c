"""The run that writes an export: what it records, and what a re-run does."""

import csv
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import dagster as dg
import pytest

from content_pipeline.core.analytics import export_files, exports
from content_pipeline.core.analytics.figures import Selection
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import AnalyticsExport, DailyMetric, Task
from content_pipeline.core.models.analytics import ExportFormat
from tests import asset_runs
from tests.asset_runs import execute_job, metadata_of
from tests.check_runs import execute_checks, materialize
from tests.factories import make_twin
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
    return request(history, "parquet")


def request(history: History, format: ExportFormat) -> Task:
    asked = Selection(history.workspace_id, 7, end=day(3))
    with transaction() as session:
        _, task = exports.create_with_task(session, asked, format=format, grain="account")
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
    assert found.pop("row").endswith(f"](/records/analytics_exports/{task.key})")
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


@pytest.mark.slow
def test_an_export_of_a_twins_posts_leads_to_the_twin(history: History) -> None:
    with transaction() as session:
        twin = make_twin(session, history.workspace_id)
        task = request(history, "csv")
        session.get_one(AnalyticsExport, UUID(task.key)).twin_id = twin.id
    assert recorded(execute(task))["twin"] == f"[Tech Creator](/records/twins/{twin.id})"


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
        assert exports.result(session.get_one(AnalyticsExport, UUID(task.key)))["rows"] == 2
    assert state_of(task) == "done"


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


@pytest.mark.slow
@pytest.mark.parametrize("format", ["csv", "json", "parquet"])
def test_the_check_of_an_export_counts_the_rows_of_the_stored_file(
    instance: dg.DagsterInstance, history: History, format: ExportFormat, tmp_path: Path
) -> None:
    task, export = write_export(history, format)
    materialize(instance, "analytics_export", task.partition_key, job="analytics_exports")
    assert counted(instance) == (True, {"rows": 2, "required_rows": 2})
    storage.fetch(export, whole := tmp_path / "whole")
    (cut := tmp_path / "cut").write_bytes(whole.read_bytes()[:-300])
    storage.put(export, cut, content_type="text/csv")
    passed, values = counted(instance)
    assert (passed, values["rows"] < 2) == (False, True)
    storage.delete(export)
    passed, values = counted(instance)
    assert (passed, values["code"]) == (False, "object_gone")


def test_of_a_damaged_file_only_what_can_be_read_is_counted(tmp_path: Path) -> None:
    stray_quote = "x" * (csv.field_size_limit() + 1)
    (quoted := tmp_path / "quoted").write_text(f'day,views\n2026-05-01,1\n"{stray_quote}')
    assert export_files.count(quoted, "csv") == 1
    (parquet := tmp_path / "parquet").write_bytes(b"PAR1" + b"\xff" * 100 + (100).to_bytes(4, "little") + b"PAR1")
    assert export_files.count(parquet, "parquet") == 0


@pytest.mark.slow
def test_an_export_whose_file_was_deleted_after_a_day_is_not_counted(
    instance: dg.DagsterInstance, history: History
) -> None:
    task, export = write_export(history, "csv")
    materialize(instance, "analytics_export", task.partition_key, job="analytics_exports")
    storage.delete(export)
    with transaction() as session:
        session.get_one(AnalyticsExport, UUID(task.key)).written_at = now() - timedelta(days=1)
    passed, values = counted(instance)
    assert (passed, "deleted after a day" in values["applies"]) == (True, True)


def write_export(history: History, format: ExportFormat) -> tuple[Task, str]:
    """The task of an export of two days, and the key of its file."""
    record(history, 1)
    task = request(history, format)
    assert execute(task).success
    with transaction() as session:
        return task, str(session.get_one(AnalyticsExport, UUID(task.key)).object_key)


def counted(instance: dg.DagsterInstance) -> tuple[bool, dict[str, Any]]:
    """Whether the check of the newest export has passed, and what it has counted."""
    result = execute_checks(instance, "complete", asset="analytics_export", job="analytics_exports")
    assert result.success
    (own,) = [check for check in result.get_asset_check_evaluations() if check.partition]
    return own.passed, metadata_of(own)
