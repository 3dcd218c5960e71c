"""Twins, and the calendar items and batches of deleted ones."""

from datetime import timedelta
from io import BytesIO
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from content_pipeline.core.bulk import batches, csv_inbox
from content_pipeline.core.bulk.csv_rows import parse
from content_pipeline.core.calendar import due, items
from content_pipeline.core.calendar.items import TWIN_DELETED
from content_pipeline.core.errors import Invalid, NotFound
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import CalendarItem, Task, Twin
from content_pipeline.core.reels import reels
from content_pipeline.core.tasks import tasks
from content_pipeline.core.twins import twins
from tests.core.lock_waits import blocked_by_lock
from tests.factories import make_item, make_twin, make_workspace

pytestmark = pytest.mark.usefixtures("database")

PRIVATE = "http://169.254.169.254/face.png"


@pytest.fixture
def twin(workspace_id: UUID) -> Twin:
    with transaction() as session:
        return make_twin(session, workspace_id)


def delete_twin(session: Session, twin: Twin) -> list[Task]:
    found = twins.get(session, twin.workspace_id, twin.id)
    twins.delete(found)
    return items.cancel_items_of(session, found)


def item(item_id: UUID) -> CalendarItem:
    with transaction() as session:
        return session.get_one(CalendarItem, item_id)


def test_a_deleted_twin_is_not_found_and_not_listed(twin: Twin) -> None:
    with transaction() as session:
        delete_twin(session, twin)
    with transaction() as session:
        with pytest.raises(NotFound) as caught:
            twins.get(session, twin.workspace_id, twin.id)
        assert caught.value.code == "twin_not_found"
        assert twins.list_page(session, twin.workspace_id, limit=50) == ([], None)


def test_another_workspaces_twin_is_not_found(twin: Twin) -> None:
    with transaction() as session, pytest.raises(NotFound):
        twins.get(session, make_workspace(session), twin.id)


def test_an_edit_changes_what_it_names(twin: Twin) -> None:
    with transaction() as session:
        twins.edit(session, twins.get(session, twin.workspace_id, twin.id), {"persona_prompt": "Be kind."})
    with transaction() as session:
        edited = twins.get(session, twin.workspace_id, twin.id)
    assert (edited.persona_prompt, edited.name, edited.voice_id) == ("Be kind.", twin.name, twin.voice_id)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"voice_id": "nobody-knows-me"}, "unknown_voice"),
        ({"picture_url": PRIVATE}, "url_forbidden"),
        ({"platform_defaults": {"youtube": {"cover_url": PRIVATE}}}, "url_forbidden"),
    ],
)
def test_a_twin_is_not_made_and_not_edited_into_what_could_not_work(
    twin: Twin, change: dict[str, object], code: str
) -> None:
    with transaction() as session, pytest.raises(Invalid) as made:
        make_twin(session, twin.workspace_id, **change)
    with pytest.raises(Invalid) as edited, transaction() as session:
        twins.edit(session, twins.get(session, twin.workspace_id, twin.id), change)
    assert made.value.code == edited.value.code == code


def test_what_is_planned_for_a_deleted_twin_is_canceled_with_the_reason_and_the_rest_stays(twin: Twin) -> None:
    with transaction() as session:
        planned, canceled = make_item(session, twin), make_item(session, twin)
        rendering = make_item(session, twin)
        (task,) = items.publish_now(session, rendering)
        items.cancel(session, canceled)
        others = make_item(session, make_twin(session, twin.workspace_id))
    with transaction() as session:
        assert [stopped.id for stopped in delete_twin(session, twin)] == [task.id]
    for item_id in planned.id, rendering.id:
        assert (item(item_id).status, item(item_id).reason) == ("canceled", TWIN_DELETED.to_dict())
    assert (item(canceled.id).reason or {})["code"] == "canceled"
    assert item(others.id).status == "scheduled"
    with transaction() as session:
        assert tasks.get(session, twin.workspace_id, task.id).state == "canceled"


def test_an_item_that_is_entered_while_its_twin_is_deleted_is_refused(twin: Twin) -> None:
    with (
        blocked_by_lock(
            lambda session: make_item(session, twin), by=lambda session: delete_twin(session, twin)
        ) as entered,
        pytest.raises(NotFound),
    ):
        entered.result()


def test_a_twin_that_is_deleted_while_an_item_is_entered_takes_it_along(twin: Twin) -> None:
    entered: list[CalendarItem] = []
    with blocked_by_lock(
        lambda session: delete_twin(session, twin), by=lambda session: entered.append(make_item(session, twin))
    ) as deleted:
        assert deleted.result() == []
    assert item(entered[0].id).status == "canceled"


def test_a_twin_that_is_deleted_while_its_reels_are_started_takes_them_along(twin: Twin) -> None:
    with transaction() as session:
        planned = make_item(session, twin, due_in=timedelta())
    with blocked_by_lock(
        lambda session: delete_twin(session, twin), by=lambda session: due.start_videos(session, most=1000)
    ) as deleted:
        assert [task.key for task in deleted.result()] == [str(item(planned.id).reel_id)]
    assert item(planned.id).status == "canceled"


def test_an_item_that_is_given_to_another_twin_while_its_own_is_deleted_stays(twin: Twin) -> None:
    with transaction() as session:
        planned, other = make_item(session, twin), make_twin(session, twin.workspace_id)

    def reassign(session: Session) -> None:
        locked = items.get(session, twin.workspace_id, planned.id, lock=True)
        items.edit(session, locked, {"twin_id": other.id})
        session.flush()

    with blocked_by_lock(lambda session: delete_twin(session, twin), by=reassign) as deleted:
        assert deleted.result() == []
    assert (item(planned.id).status, item(planned.id).twin_id) == ("scheduled", other.id)


def test_a_batch_of_a_twin_that_is_deleted_meanwhile_still_ends(twin: Twin) -> None:
    rows = parse(
        b"script\nThis is one.\n", platform="tiktok", voice_id="en-US", most_rows=1, workspace_id=twin.workspace_id
    ).rows
    with transaction() as session:
        _, batch, (reel,) = batches.create_with_tasks(
            session, workspace_id=twin.workspace_id, twin=twin, platform="tiktok", rows=rows
        )
        delete_twin(session, twin)
    with transaction() as session:
        tasks.mark_processing(session, reels.KIND, reel.key)
        tasks.finish(session, reel.id)
    with transaction() as session:
        assert tasks.get(session, twin.workspace_id, batch.id).state == "done"


def test_a_file_that_is_dropped_for_a_deleted_twin_is_rejected(twin: Twin) -> None:
    with transaction() as session:
        delete_twin(session, twin)
    folder = f"inbox/{twin.workspace_id}/{twin.id}/tiktok"
    storage.put(f"{folder}/late.csv", BytesIO(b"script\nHello.\n"), content_type="text/csv")
    (file,) = storage.list_after(csv_inbox.INBOX, prefix=folder, most=10)
    assert csv_inbox.ingest(file) == []
    assert storage.exists(csv_inbox.report_key(csv_inbox.rejected_key(file)))
