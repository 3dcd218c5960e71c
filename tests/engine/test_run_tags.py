"""Tags of runs of each kind, launched for a task, by hand and by a back-fill, as Dagster's pages show them."""

from collections import Counter
from collections.abc import Callable
from uuid import UUID

import pytest

from content_pipeline.core.database import transaction
from content_pipeline.core.models import Task
from content_pipeline.core.tasks import dagster_client, kinds
from tests.engine.submitted_runs import missing_tags
from tests.factories import make_twin
from tests.rows_of_kinds import make_task


def for_its_task(task: Task) -> dict[str, str]:
    return dagster_client.run_tags(task)


def by_hand(task: Task) -> dict[str, str]:
    given = {"dagster/partition": task.partition_key}
    return {**given, **missing_tags(kinds.jobs()[task.kind], **given)}


def by_a_back_fill(task: Task) -> dict[str, str]:
    given = {"dagster/partition": task.partition_key, "dagster/backfill": "1"}
    return {**given, **missing_tags(kinds.jobs()[task.kind], **given)}


def visible(tags: dict[str, str]) -> dict[str, str]:
    """Those that Dagster's list of runs shows."""
    return {name: value for name, value in tags.items() if not name.startswith("dagster/")}


@pytest.mark.parametrize("kind", kinds.jobs())
@pytest.mark.parametrize("launched", [for_its_task, by_hand, by_a_back_fill])
def test_no_two_visible_tags_of_a_run_have_the_same_value(
    workspace_id: UUID, kind: str, launched: Callable[[Task], dict[str, str]]
) -> None:
    with transaction() as session:
        task = make_task(session, kind, make_twin(session, workspace_id))
    shown = visible(launched(task))
    assert "user" in shown
    assert [value for value, times in Counter(shown.values()).items() if times > 1] == []
