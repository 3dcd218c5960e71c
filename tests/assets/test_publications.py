"""Publication assets: recorded metadata, and manual runs that post nothing."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import dagster as dg
import pytest

from content_pipeline.core.platforms.base import Refused
from content_pipeline.core.tasks import dagster_client
from tests.asset_runs import execute_job, recorded
from tests.core.publishing import posting
from tests.core.publishing.faults import Fault
from tests.core.publishing.posting import Stage, newest


@pytest.fixture
def stage(workspace_id: UUID, tmp_path: Path) -> Iterator[Stage]:
    with posting.stage(workspace_id, tmp_path) as stage:
        yield stage


def execute(key: str, **tags: str) -> tuple[dg.ExecuteInProcessResult, list[dg.AssetCheckEvaluation]]:
    result = execute_job("publication", key, lane="interactive", **tags)
    return result, result.get_asset_check_evaluations()


@pytest.mark.slow
def test_a_post_records_where_it_went_and_what_it_says(stage: Stage) -> None:
    account = stage.account()
    key = stage.post(account)
    result, (visible,) = execute(key, **dagster_client.task_tags(newest(key)))
    assert result.success
    (upload,) = stage.platform.committed
    made = recorded(result)
    assert (
        made["publication"].items()
        >= {
            "platform": posting.PLATFORM,
            "account": account.handle,
            "text": "Look at this.",
            "post": f"https://platform.example.com/{upload}",
            "post_id": upload,
        }.items()
    )
    assert made["publication_upload"]["reel"] == str(posting.publication(key).reel_id)
    assert (visible.check_name, visible.passed) == ("visible", True)


@pytest.mark.slow
def test_a_post_that_its_platform_does_not_show_yet_is_marked(stage: Stage) -> None:
    stage.platform.faults = {"confirm": [Fault(Refused("It was taken down."))]}
    key = stage.post(stage.account())
    result, (visible,) = execute(key, **dagster_client.task_tags(newest(key)))
    assert (result.success, visible.passed, visible.severity) == (True, False, dg.AssetCheckSeverity.WARN)


@pytest.mark.slow
def test_a_run_by_hand_looks_at_what_is_published_and_posts_nothing_else(stage: Stage) -> None:
    account = stage.account()
    out, canceled = stage.post(account), stage.post(account)
    stage.run_to_end(out)
    posting.cancel(canceled)
    result, _ = execute(out)
    assert result.success
    assert set(recorded(result)) == {"publication_upload", "publication"}
    result, _ = execute(canceled)
    assert not result.success
    assert not recorded(result)
    assert len(stage.platform.posted) == 1


@pytest.mark.slow
def test_why_a_post_failed_is_said_in_the_run_and_its_secrets_are_not(stage: Stage) -> None:
    stage.platform.faults = {"commit": [Fault(Refused("Nobody may hear this.", remedy="Take another."))]}
    key = stage.post(stage.account())
    result, _ = execute(key, **dagster_client.task_tags(newest(key)))
    assert not result.success
    assert newest(key).state == "error"
    told = str([event.to_json() if hasattr(event, "to_json") else str(event) for event in result.all_events])
    assert "Nobody may hear this. Take another." in told
    assert "secret" not in told
