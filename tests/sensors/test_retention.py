"""A partition key is deleted with all its runs, or not at all."""

import dagster as dg
import pytest

from content_pipeline.core.tasks import dagster_client
from content_pipeline.sensors.retention import delete_key


@pytest.mark.parametrize(
    ("status", "goes"), [(dg.DagsterRunStatus.SUCCESS, True), (dg.DagsterRunStatus.STARTED, False)]
)
def test_a_key_goes_with_its_runs_unless_one_is_at_work(status: dg.DagsterRunStatus, goes: bool) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions("captions", ["old"])
        for stands in (dg.DagsterRunStatus.FAILURE, status):
            instance.add_run(
                dg.DagsterRun(job_name="captions", status=stands, tags={dagster_client.PARTITION_TAG: "old"})
            )
        assert delete_key(instance, "captions", "old") is goes
        assert instance.get_runs_count() == (0 if goes else 2)
        assert instance.has_dynamic_partition("captions", "old") is not goes
