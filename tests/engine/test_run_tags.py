"""Tags of runs of each kind, launched for a task, by hand and by a back-fill, as Dagster's pages show them."""

from collections import Counter
from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update

from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Caption, Task, Workspace
from content_pipeline.core.tasks import dagster_client, kinds, tasks
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


@pytest.mark.slow
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


@pytest.mark.slow
@pytest.mark.parametrize("launched", [for_its_task, by_hand, by_a_back_fill])
@pytest.mark.parametrize(
    ("kind", "labels"),
    [
        ("reel", {"twin": "Mara"}),
        ("avatar", {"twin": "Mara"}),
        ("caption", {"twin": "Mara"}),
        ("burn_in", {"twin": "Mara"}),
        ("video_copy", {"twin": "Mara"}),
        ("publication", {"twin": "Mara", "platform": "instagram"}),
        ("export", {"twin": "Mara"}),
        ("workspace_export", {}),
    ],
)
def test_runs_show_their_workspace_and_the_twin_that_they_work_for(
    workspace_id: UUID, kind: str, labels: dict[str, str], launched: Callable[[Task], dict[str, str]]
) -> None:
    with transaction() as session:
        task = make_task(session, kind, make_twin(session, workspace_id, name="Mara"))
        workspace = session.get_one(Workspace, workspace_id)
    assert visible(launched(task)) == {"user": workspace.name, **labels}


@pytest.mark.parametrize("kind", ["caption", "burn_in"])
def test_runs_on_a_clients_own_recording_show_no_twin(workspace_id: UUID, kind: str) -> None:
    with transaction() as session:
        task = make_task(session, kind, make_twin(session, workspace_id))
        session.execute(update(Caption).where(Caption.workspace_id == workspace_id).values(source_url=None))
    assert visible(for_its_task(task)).keys() == {"user"}


@pytest.mark.parametrize("kind", sorted(kinds.jobs()))
def test_a_run_on_a_row_that_is_purged_shows_its_workspace_alone(workspace_id: UUID, kind: str) -> None:
    with transaction() as session:
        task = tasks.create(session, workspace_id=workspace_id, kind=kind, key=str(uuid4()), lane="media")
    assert visible(for_its_task(task)).keys() == {"user"}
