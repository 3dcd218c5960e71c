"""The runs that write the Parquet dataset of daily metrics."""

from datetime import timedelta
from uuid import UUID

import dagster as dg
import pytest

from content_pipeline.assets.analytics import daily_metrics
from content_pipeline.assets.metrics_dataset import metrics_dataset
from content_pipeline.core.infrastructure import storage
from tests.asset_runs import by_partition, checks, execute_asset, failed, metadata_of
from tests.metric_history import History, at, day

pytestmark = pytest.mark.slow


def test_a_back_fill_writes_its_days_in_one_run(workspace_id: UUID) -> None:
    history = History(workspace_id)
    post_id = history.post(at(0))
    for number in (1, 2):
        history.read(at(number), post_id, views=100 * number)
    history.derive(0, 2)
    result = execute_asset(metrics_dataset, *(str(day(number)) for number in (0, 2)))
    assert (result.success, failed(result)) == (True, [])
    written = by_partition(result)
    assert {key: metadata["rows"] for key, metadata in written.items()} == {
        str(day(0)): 2, str(day(1)): 2, str(day(2)): 2
    }  # fmt: skip
    assert all(
        storage.exists(f"datasets/metrics/daily_accounts/day={day(0) + timedelta(number)}/part.parquet")
        for number in range(3)
    )
    history.forget_days()
    assert by_partition(execute_asset(metrics_dataset, str(day(1))))[str(day(1))] == {"rows": 0, "bytes": 0}


def test_days_that_are_settled_by_a_later_reading_are_written_with_it(workspace_id: UUID) -> None:
    history = History(workspace_id)
    post_id = history.post(at(0))
    history.read(at(0, 6), post_id, views=100)
    history.read(at(3, 6), post_id, views=400)
    with dg.DagsterInstance.ephemeral() as instance:
        execute_asset(daily_metrics, str(day(3)), instance=instance)
        result = execute_asset(metrics_dataset, str(day(3)), instance=instance)
    assert metadata_of(checks(result)["row_counts"]) == {"rows_in_files": 8, "rows": 8}
    assert by_partition(result) == {str(day(3)): by_partition(result)[str(day(3))]}
    assert by_partition(result)[str(day(3))]["rows"] == 2
