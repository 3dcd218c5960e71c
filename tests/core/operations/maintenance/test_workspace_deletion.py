"""A workspace is deleted with all that belongs to it, and nothing of another."""

from uuid import UUID, uuid4

import pytest

from content_pipeline.core.errors import Conflict, NotFound, Unauthorized
from content_pipeline.core.infrastructure import metadata_pictures, s3_multipart, storage
from content_pipeline.core.infrastructure.database import Base, transaction
from content_pipeline.core.models import CalendarItem, Workspace
from content_pipeline.core.operations.maintenance import workspace_deletion
from content_pipeline.core.tasks import tasks
from content_pipeline.core.workspaces import workspaces
from tests import every_table
from tests.accounts import connect, read_account
from tests.core.operations.maintenance.deletable import a_batch, rendered_reel, store
from tests.core.publishing.posting import Stage
from tests.factories import make_item, make_multipart_upload, make_twin, make_workspace
from tests.sandbox_server import Sandbox


def counts() -> dict[str, int]:
    with transaction() as session:
        return {name: every_table.count(session, name) for name in Base.metadata.tables}


def close(workspace_id: UUID) -> list[str]:
    """The ids of the tasks that were canceled."""
    with transaction() as session:
        return [task.id for task in workspace_deletion.close(session, workspace_id)]


def delete_rows(workspace_id: UUID) -> None:
    with transaction() as session:
        workspace_deletion.delete_rows(session, workspace_id)


def test_no_table_keeps_a_row_of_a_deleted_workspace_and_each_keeps_those_of_another(workspace_id: UUID) -> None:
    with transaction() as session:
        filled = every_table.fill(session, workspace_id)
    assert filled | every_table.OF_THE_SERVICE == Base.metadata.tables.keys()
    before = counts()
    with transaction() as session:
        other = make_workspace(session)
        every_table.fill(session, other)
    delete_rows(other)
    assert counts() == before
    delete_rows(workspace_id)
    assert {name for name, rows in counts().items() if rows} <= every_table.OF_THE_SERVICE


def test_a_closed_workspace_has_no_key_no_plan_and_no_work(workspace_id: UUID) -> None:
    with transaction() as session:
        name = session.get_one(Workspace, workspace_id).name
        key = workspaces.create_key(session, workspace=name)
        item_id = make_item(session, make_twin(session, workspace_id)).id
    batch, children = a_batch(workspace_id, 3)
    assert set(close(workspace_id)) == {str(batch.id), *(task.id for task in children)}
    assert close(workspace_id) == []
    with transaction() as session:
        assert session.get_one(CalendarItem, item_id).deleted_at
        with pytest.raises(Unauthorized):
            workspaces.authenticate(session, key)


@pytest.mark.slow
def test_a_workspace_that_is_publishing_is_not_closed(stage: Stage) -> None:
    key = stage.post(stage.account())
    with transaction() as session:
        tasks.set_irrevocable(session, key, True)
    with pytest.raises(Conflict) as refused:
        close(stage.workspace_id)
    assert refused.value.code == "task_irrevocable"


def test_the_files_of_a_workspace_go_also_those_of_its_inbox(workspace_id: UUID) -> None:
    with transaction() as session:
        other = make_workspace(session)
    rendered_reel(workspace_id)
    kept = rendered_reel(other)
    name = f"workspace {workspace_id}"
    foreign = f"inbox/{name} too/a.csv"
    store(f"inbox/{name}/twin/youtube/a.csv", f"accepted/{workspace_id}/twin/youtube/1/a.csv", foreign)
    workspace_deletion.delete_files(workspace_id, name)
    left = set(storage.keys_below(""))
    assert [key for key in left if str(workspace_id) in key] == [foreign]
    assert kept.output_key in left


def test_parts_of_files_that_were_not_joined_go(workspace_id: UUID) -> None:
    with transaction() as session:
        mine, other = (make_multipart_upload(session, owner) for owner in (workspace_id, make_workspace(session)))
        begun = [(upload.file_key, upload.store_id) for upload in (mine, other)]
    assert set(begun) <= set(s3_multipart.list_unfinished())
    workspace_deletion.delete_files(workspace_id, "mine")
    assert set(begun) & set(s3_multipart.list_unfinished()) == {begun[1]}
    s3_multipart.abort(*begun[1])


def test_the_pictures_of_a_workspace_go_and_those_of_others_and_of_all_stay(workspace_id: UUID) -> None:
    owners = (workspace_id, uuid4(), None)
    mine, others, of_all = (
        metadata_pictures.publish(b"the same", "jpg", owner).removeprefix("/pictures/") for owner in owners
    )
    workspace_deletion.delete_files(workspace_id, "mine")
    with pytest.raises(NotFound):
        metadata_pictures.read(mine)
    assert metadata_pictures.read(others) == metadata_pictures.read(of_all) == (b"the same", "image/jpeg")


@pytest.mark.slow
def test_the_accounts_of_a_workspace_are_disconnected_at_their_platforms(
    platforms: Sandbox, workspace_id: UUID
) -> None:
    account = connect(platforms, workspace_id, "youtube")
    workspace_deletion.disconnect(workspace_id)
    assert read_account(account.id).status == "disconnected"
    assert any("revoke" in request["path"] for request in platforms.requests())
    workspace_deletion.disconnect(workspace_id)


def test_every_row_that_a_task_has_worked_on_is_named(workspace_id: UUID) -> None:
    reel = rendered_reel(workspace_id)
    batch, children = a_batch(workspace_id, 1)
    with transaction() as session:
        assert workspace_deletion.worked_on(session, workspace_id) == {
            ("reel", str(reel.id)),
            ("batch", str(batch.id)),
            ("reel", children[0].key),
        }
