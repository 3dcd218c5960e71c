"""After the restore of a backup no post goes out that was not published in it, whatever happened since."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest

from content_pipeline.core.calendar import items, restored_posts
from content_pipeline.core.calendar.states import move
from content_pipeline.core.errors import Conflict
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import CalendarItem, Publication, Reel, Twin
from content_pipeline.core.platforms.base import OutcomeUnknown, Refused
from content_pipeline.core.publishing import publications
from content_pipeline.core.tasks.open_posts import check_may_be_made
from content_pipeline.core.twins import twins
from tests.core.calendar.planned import BROKEN, create_item, failure_code, item
from tests.core.publishing import posting
from tests.core.publishing.faults import Crash, Fault
from tests.core.publishing.planned import Planned
from tests.core.publishing.posting import Stage, newest, publication
from tests.factories import make_twin


@pytest.fixture
def planned(stage: Stage) -> Planned:
    return Planned(stage, stage.account())


def hold_back() -> tuple[int, int]:
    with transaction() as session:
        return restored_posts.hold_back(session)


def release() -> tuple[int, int]:
    with transaction() as session:
        return restored_posts.release(session)


def status(key: str) -> str:
    with transaction() as session:
        return publications.status(session.get_one(Publication, UUID(key)), newest(key))


def crash_at(moment: str) -> Callable[[str], None]:
    def moments(name: str) -> None:
        if name == moment:
            raise Crash

    return moments


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["nothing", "before prepare", "after prepare", "before commit", "after commit"])
def test_an_open_post_is_unconfirmed_and_no_retry_sends_it(stage: Stage, moment: str) -> None:
    """Whatever it had done by the time of the backup: more may have happened since."""
    key = stage.post(stage.account())
    if moment != "nothing":
        stage.platform.moment = crash_at(moment)
        stage.run(key)
        stage.platform.moment = lambda _: None
    out = len(stage.platform.posted)
    assert hold_back() == (1, 0)
    assert status(key) == "unconfirmed"
    posting.retry(key)
    assert posting.code(stage.run_to_end(key)) == "unconfirmed"
    assert len(stage.platform.posted) == out
    assert (publication(key).prepared, status(key)) == (None, "unconfirmed")


@pytest.mark.slow
def test_a_post_that_ended_before_the_backup_stays_as_it_is(stage: Stage) -> None:
    key = stage.post(stage.account())
    stage.run_to_end(key)
    assert hold_back() == (0, 0)
    assert status(key) == "published"


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["failed", "unconfirmed", "canceled"])
def test_a_post_that_was_retried_after_the_backup_is_not_sent_again_by_a_retry(stage: Stage, ending: str) -> None:
    """The database says that it ended unpublished, and the platform has it."""
    key = stage.post(stage.account())
    if ending == "canceled":
        posting.cancel(key)
    else:
        error = Refused if ending == "failed" else OutcomeUnknown
        stage.platform.faults = {"commit": [Fault(error("It is not taken.", remedy="Wait."))]}
        stage.run_to_end(key)
    assert (status(key), stage.platform.posted) == ("unconfirmed" if ending == "unconfirmed" else "failed", [])
    assert hold_back() == (0, 0)
    assert status(key) == "unconfirmed"
    posting.retry(key)
    assert posting.code(stage.run_to_end(key)) == "unconfirmed"
    assert (status(key), stage.platform.posted) == ("unconfirmed", [])
    reel_id = publication(key).reel_id
    with transaction() as session:
        check_may_be_made(session, session.get_one(Reel, reel_id))  # no run goes on with its upload


@pytest.mark.slow
def test_an_item_whose_post_had_failed_is_not_published_by_a_retry(stage: Stage, planned: Planned) -> None:
    stage.platform.faults = {"commit": [Fault(Refused("It is not taken.", remedy="Wait."))]}
    assert planned.go_on() == "failed"
    assert hold_back() == (0, 0)
    planned.request(items.retry)
    assert planned.go_on() == "failed"
    assert planned.texts == []
    with pytest.raises(Conflict) as refused:
        planned.request(items.edit, {"caption": "Look again!"})
    assert refused.value.code == "post_unconfirmed"


@pytest.mark.slow
def test_an_item_with_a_held_post_is_released_with_a_new_one(stage: Stage, planned: Planned) -> None:
    planned.prepare()
    withdrawn = planned.key
    assert hold_back() == (1, 1)
    assert (planned.item.status, (planned.item.reason or {})["code"]) == ("failed", "restored")
    assert planned.tick() == []
    assert release() == (1, 0)
    assert planned.go_on() == "published"
    assert planned.key != withdrawn
    assert (len(planned.texts), status(withdrawn)) == (1, "unconfirmed")


@pytest.mark.slow
def test_an_item_whose_time_has_passed_is_not_released(stage: Stage, planned: Planned) -> None:
    hold_back()
    posting.advance_clock_to(planned.item.scheduled_at + timedelta(seconds=1))
    assert release() == (0, 1)
    assert (planned.item.status, planned.tick(), planned.texts) == ("failed", [], [])


@pytest.mark.slow
def test_an_item_that_is_at_work_on_its_post_is_not_released(stage: Stage, planned: Planned) -> None:
    planned.become_due()
    assert hold_back() == (1, 1)
    assert release() == (0, 1)
    assert planned.request(items.retry) is None  # by its owner, who has not looked
    assert planned.go_on() == "failed"
    assert planned.texts == []


@pytest.mark.slow
def test_an_item_whose_post_had_ended_is_published(stage: Stage, planned: Planned) -> None:
    planned.become_due()
    stage.run_to_end(planned.key)
    assert hold_back() == (0, 0)
    assert planned.item.status == "published"


@pytest.mark.slow
def test_what_cannot_be_scheduled_again_holds_up_nothing_else(twin: Twin) -> None:
    with transaction() as session:
        gone = make_twin(session, twin.workspace_id, name="Gone")
    first, second = create_item(gone), create_item(twin)
    hold_back()
    with transaction() as session:
        twins.delete(session.get_one(Twin, gone.id))
    assert release() == (1, 1)
    assert (failure_code(first), item(second).status) == ("restored", "scheduled")


def test_items_that_failed_for_another_reason_are_left(twin: Twin) -> None:
    failed = create_item(twin)
    with transaction() as session:
        move(session, session.get_one(CalendarItem, failed), "failed", reason=BROKEN)
    assert hold_back() == (0, 0)
    assert release() == (0, 0)
    assert failure_code(failed) == BROKEN.code
