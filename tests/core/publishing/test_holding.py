"""Held posts: prepared ahead of their times, published at these or withdrawn; never lost, never published twice."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from content_pipeline.core.calendar import actions, items
from content_pipeline.core.errors import Conflict
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Account, Reel, Task
from content_pipeline.core.publishing import holding, publications
from content_pipeline.core.tasks import leases, starts, tasks
from content_pipeline.core.tasks.run_context import RunContext
from content_pipeline.core.twins import twins
from tests.core.lock_waits import blocked_by_lock
from tests.core.publishing import posting
from tests.core.publishing.faults import BROKEN, BUSY, EXPIRED, FAULTS, LOST, REFUSED, UNREACHABLE, Fault
from tests.core.publishing.moments import AtMoment, crash, terminate_lock_sessions
from tests.core.publishing.planned import Planned
from tests.core.publishing.posting import Stage, newest, publication

pytestmark = pytest.mark.slow


@pytest.fixture
def planned(stage: Stage) -> Planned:
    return Planned(stage, stage.account())


def test_a_post_is_prepared_ahead_and_published_at_its_time(stage: Stage, planned: Planned) -> None:
    assert planned.prepare() is None
    assert stage.platform.calls == ["check", "prepare"]
    assert (planned.item.status, newest(planned.key).state, publication(planned.key).held) == (
        "scheduled",
        "waiting",
        True,
    )
    (task,) = planned.become_due()
    assert planned.item.status == "publishing"
    assert stage.run(task.key) is None
    assert stage.platform.calls[2:] == ["prepare", "commit", "confirm"]
    planned.tick()
    assert (planned.item.status, planned.texts) == ("published", [planned.item.caption])


def test_the_commit_of_a_prepared_post_needs_its_video_no_more(stage: Stage, planned: Planned) -> None:
    planned.prepare()
    with transaction() as session:
        reel = session.get_one(Reel, publication(planned.key).reel_id)
    storage.delete(reel.output_key or "")
    assert planned.go_on() == "published"
    assert planned.texts == [planned.item.caption]


def test_nothing_but_the_calendar_wakes_a_held_post(stage: Stage, planned: Planned) -> None:
    stage.platform.processing_seconds = {"prepare": 10}
    planned.prepare()
    posting.advance_clock(days=3)
    assert stage.poll() == []
    with transaction() as session:
        assert planned.key not in {task.key for task in starts.unattended(session)}
    assert stage.run(planned.key) is None  # launched by a person in Dagster
    assert (planned.texts, newest(planned.key).state, publication(planned.key).held) == ([], "waiting", True)


def test_a_held_post_is_published_now_if_a_person_asks_for_it(stage: Stage, planned: Planned) -> None:
    planned.prepare()
    (task,) = planned.request(items.publish_now)
    assert (task.key, stage.run(task.key), len(planned.texts)) == (planned.key, None, 1)
    assert planned.go_on() == "published"
    assert len(planned.texts) == 1


def test_a_held_post_does_not_hold_up_others_of_its_account(stage: Stage) -> None:
    account = stage.account()
    Planned(stage, account).prepare()
    assert stage.run_to_end(stage.post(account)).state == "done"


def test_a_post_that_is_still_processed_at_its_time_is_polled_then(stage: Stage, planned: Planned) -> None:
    stage.platform.processing_seconds = {"prepare": 1000}
    planned.prepare()
    assert planned.go_on() == "published"
    assert len(planned.texts) == 1


def test_a_preparation_that_has_expired_at_the_platform_is_made_anew(stage: Stage, planned: Planned) -> None:
    planned.prepare()
    (expired,) = stage.platform.uploads
    stage.platform.faults = {"prepare": [Fault(LOST)]}
    assert planned.go_on() == "published"
    assert len(planned.texts) == 1
    assert set(stage.platform.committed) == set(stage.platform.uploads) - {expired}


# ── changes of the item ──────────────────────────────────────────────────────────────────────────────────

EDITS: dict[str, Any] = {"edited": {"caption": "Better words."}, "rescheduled": {"scheduled_at": timedelta(minutes=1)}}


def change(planned: Planned, edit: dict[str, Any]) -> list[Task]:
    """Edit the item; a timedelta is added to its time."""
    changes = {
        name: planned.item.scheduled_at + value if name == "scheduled_at" else value for name, value in edit.items()
    }
    ended: list[Task] = planned.request(items.edit, changes)
    return ended


def delete_twin(planned: Planned) -> list[Task]:
    with transaction() as session:
        twin = twins.get(session, planned.workspace_id, planned.item.twin_id)
        twins.delete(twin)
        return items.cancel_items_of(session, twin)


ENDINGS: dict[str, Callable[[Planned], list[Task]]] = {
    "canceled": lambda planned: planned.request(items.cancel),
    "deleted": lambda planned: planned.request(items.delete),
    "of a deleted twin": delete_twin,
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
def test_a_change_of_the_item_withdraws_its_post_and_prepares_another(
    stage: Stage, planned: Planned, edit: dict[str, Any]
) -> None:
    planned.prepare()
    withdrawn = planned.key
    assert [task.key for task in change(planned, edit)] == [withdrawn]
    assert (planned.item.status, planned.item.publication_id) == ("scheduled", None)
    assert planned.prepare() is None
    assert planned.key != withdrawn
    assert planned.go_on() == "published"
    assert planned.texts == [planned.item.caption]
    assert newest(withdrawn).state == "canceled"


def test_an_edit_that_changes_nothing_leaves_the_post_prepared(planned: Planned) -> None:
    planned.prepare()
    assert planned.request(items.edit, {"caption": planned.item.caption}) == []
    assert publication(planned.key).held


@pytest.mark.parametrize("end", ENDINGS.values(), ids=ENDINGS.keys())
def test_the_held_post_of_an_item_that_is_given_up_is_never_published(
    stage: Stage, planned: Planned, end: Callable[[Planned], list[Task]]
) -> None:
    planned.prepare()
    key = planned.key
    assert [task.key for task in end(planned)] == [key]
    assert planned.become_due() == []
    stage.run(key)
    assert (planned.texts, newest(key).state) == ([], "canceled")
    with transaction() as session, pytest.raises(Conflict) as refused:
        actions.retry_post(session, tasks.newest(session, publications.KIND, key))
    assert refused.value.code == "post_withdrawn"


def test_an_item_whose_held_post_a_person_has_canceled_fails_at_its_time(planned: Planned) -> None:
    planned.prepare()
    posting.cancel(planned.key)
    assert planned.become_due() == []
    assert (planned.item.status, (planned.item.reason or {})["code"], planned.texts) == ("failed", "canceled", [])
    planned.request(items.retry)
    assert planned.go_on() == "published"
    assert len(planned.texts) == 1


def test_a_held_post_that_is_canceled_and_retried_waits_for_its_time(stage: Stage, planned: Planned) -> None:
    planned.prepare()
    posting.cancel(planned.key)
    with transaction() as session:
        actions.retry_post(session, tasks.newest(session, publications.KIND, planned.key))
    stage.run(planned.key)
    assert (planned.item.status, newest(planned.key).state, planned.texts) == ("scheduled", "waiting", [])
    assert planned.go_on() == "published"
    assert len(planned.texts) == 1


# ── failed preparations ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("step", ["check", "prepare"])
@pytest.mark.parametrize("error", [REFUSED, BROKEN, UNREACHABLE, BUSY, LOST, EXPIRED, KeyError("id")], ids=repr)
def test_an_error_ahead_of_the_time_is_left_to_the_time(
    stage: Stage, planned: Planned, step: str, error: BaseException
) -> None:
    stage.platform.faults = {step: [Fault(error)]}
    assert planned.prepare() is None
    assert (planned.item.status, newest(planned.key).state, newest(planned.key).error) == ("scheduled", "waiting", None)
    assert planned.go_on() == "published"
    assert len(planned.texts) == 1


def test_an_error_that_lasts_fails_the_item_at_its_time(stage: Stage, planned: Planned) -> None:
    stage.platform.faults = {"check": [Fault(REFUSED)] * 2}
    planned.prepare()
    assert planned.go_on() == "failed"
    assert (planned.item.reason or {})["code"] == "platform_refused"


def test_an_item_whose_account_is_gone_is_not_prepared_and_fails_at_its_time(stage: Stage) -> None:
    account = stage.account()
    planned = Planned(stage, account)
    with transaction() as session:
        session.get_one(Account, account.id).status = "disconnected"
    assert planned.tick() == []
    assert planned.item.status == "scheduled"
    planned.become_due()
    assert planned.item.status == "failed"


# ── interruptions ────────────────────────────────────────────────────────────────────────────────────────


def moments(stage: Stage, *, released: bool) -> list[str]:
    """The moments of an undisturbed run that prepares a post, or of the one that publishes it."""
    planned, recorder = Planned(stage, stage.account()), AtMoment(-1, None)
    (task,) = planned.tick()
    if released:
        stage.run(task.key)
        (task,) = planned.become_due()
    with posting.observe_moments(stage.platform, recorder):
        stage.run(task.key)
    stage.platform.posted.clear()
    return recorder.names


def interrupt_preparation(stage: Stage, number: int, action: Callable[[Planned], Any]) -> Planned:
    """Prepare a post, and act at this moment of the run."""
    planned = Planned(stage, stage.account())
    (task,) = planned.tick()
    with posting.observe_moments(stage.platform, AtMoment(number, lambda: action(planned))):
        stage.run(task.key)
    return planned


def test_a_crash_at_any_moment_of_the_preparation_neither_loses_nor_doubles_a_post(stage: Stage) -> None:
    for number, name in enumerate(moments(stage, released=False)):
        planned = interrupt_preparation(stage, number, lambda _: crash())
        assert planned.texts == [], f"crash at {number}, {name}"
        assert (planned.go_on(), len(planned.texts)) == ("published", 1), f"crash at {number}, {name}"
        stage.platform.posted.clear()


def test_a_crash_at_any_moment_after_the_release_neither_loses_nor_doubles_a_post(stage: Stage) -> None:
    stage.platform.processing_seconds = {"commit": 10}
    for number, name in enumerate(moments(stage, released=True)):
        planned = Planned(stage, stage.account())
        planned.prepare()
        planned.become_due()
        with posting.observe_moments(stage.platform, AtMoment(number, crash)):
            stage.run_to_end(planned.key)
        planned.tick()
        assert (planned.item.status, len(planned.texts)) == ("published", 1), f"crash at {number}, {name}"
        stage.platform.posted.clear()


def test_a_release_at_any_moment_of_the_preparation_publishes_the_post_once(stage: Stage) -> None:
    for number, name in enumerate(moments(stage, released=False)):
        started: list[str] = []

        def release(planned: Planned, started: list[str] = started) -> None:
            started.extend(task.key for task in planned.become_due())

        planned = interrupt_preparation(stage, number, release)
        expected = 0 if planned.key in started else 1
        assert len(planned.texts) == expected, f"released at {number}, {name}: either run publishes it"
        assert (planned.go_on(), len(planned.texts)) == ("published", 1), f"released at {number}, {name}"
        stage.platform.posted.clear()


@pytest.mark.parametrize("end", [ENDINGS["canceled"], lambda planned: change(planned, EDITS["edited"])])
def test_a_withdrawal_at_any_moment_of_the_preparation_is_final(
    stage: Stage, end: Callable[[Planned], list[Task]]
) -> None:
    for number, name in enumerate(moments(stage, released=False)):
        keys: list[str] = []

        def withdraw(planned: Planned, keys: list[str] = keys) -> None:
            keys.append(planned.key)
            end(planned)

        planned = interrupt_preparation(stage, number, withdraw)
        planned.become_due()
        stage.run(keys[0])
        assert (newest(keys[0]).state, planned.texts) == ("canceled", []), f"withdrawn at {number}, {name}"
        assert not publication(keys[0]).committed_at


def test_a_run_that_freezes_at_any_moment_of_the_preparation_posts_nothing_when_it_wakes(stage: Stage) -> None:
    def freeze(planned: Planned) -> None:
        """Declare the run dead, and let others publish the post at its time."""
        with transaction() as session:
            leases.stop_subject(session, tasks.subject(publications.KIND, planned.key))
        terminate_lock_sessions()
        planned.go_on()

    for number, name in enumerate(moments(stage, released=False)):
        planned = interrupt_preparation(stage, number, freeze)
        assert (planned.item.status, len(planned.texts)) == ("published", 1), f"frozen at {number}, {name}"
        stage.platform.posted.clear()


def test_a_release_waits_for_a_run_that_is_about_to_hold_the_post(stage: Stage, planned: Planned) -> None:
    (task,) = planned.tick()
    run = RunContext(str(uuid4()), "io", task.id)
    leases.begin(run.run_id, "io@test")
    leases.claim(run.run_id, tasks.subject(publications.KIND, task.key))
    with transaction() as session:
        tasks.mark_processing(session, publications.KIND, task.key)

    def hold(session: Session) -> None:
        assert holding.hold(session, run, UUID(task.key))

    with blocked_by_lock(lambda session: holding.release(session, UUID(task.key)), by=hold) as released:
        assert released.result().id == task.id
    assert stage.run(task.key) is None  # although the first run has not ended yet
    assert len(planned.texts) == 1
    leases.end(run.run_id)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    faults=st.fixed_dictionaries({step: st.lists(fault, max_size=3) for step, fault in FAULTS.items()}),
    processing_seconds=st.fixed_dictionaries(
        {step: st.sampled_from([0.0, 10.0, 200.0]) for step in ("prepare", "commit")}
    ),
    edited=st.booleans(),
    number=st.integers(0, 12),
    at_number=st.sampled_from(["crash", "release", "nothing"]),
)
def test_whatever_goes_wrong_a_prepared_post_is_out_once_or_says_why_not(
    workspace_id: UUID,
    tmp_path: Path,
    faults: dict[str, list[Fault | None]],
    processing_seconds: dict[str, float],
    edited: bool,
    number: int,
    at_number: str,
) -> None:
    interference: dict[str, Callable[[Planned], Any]] = {
        "crash": lambda _: crash(),
        "release": Planned.become_due,
        "nothing": lambda _: None,
    }
    with posting.stage(workspace_id, tmp_path) as stage:
        stage.platform.faults, stage.platform.processing_seconds = faults, processing_seconds
        planned = interrupt_preparation(stage, number, interference[at_number])
        if at_number != "release":
            assert planned.texts == []
            if edited:
                change(planned, EDITS["edited"])
        status = planned.go_on()
        assert status in ("published", "failed")
        assert len(planned.texts) <= 1
        assert set(planned.texts) <= {planned.item.caption}
        if status == "published":
            assert len(planned.texts) == 1
        elif planned.item.publication_id and publication(planned.key).committed_at:
            assert (planned.item.reason or {})["code"] == "unconfirmed"
        else:
            assert planned.texts == []
