"""Due work: every due item is claimed, exactly once, and no other."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import get_args
from uuid import uuid4

import hypothesis
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from sqlalchemy import select, text, update

from content_pipeline.core.calendar import due, items
from content_pipeline.core.calendar.due import Outcome
from content_pipeline.core.calendar.states import MOVES
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import CalendarItem, Task, Twin
from content_pipeline.core.models.calendar import Status
from content_pipeline.core.settings import settings
from content_pipeline.core.tasks import cancellation, tasks
from tests.core.calendar.planned import (
    BROKEN,
    OWN_VIDEO,
    connect,
    create_item,
    finish_and_record,
    finish_run,
    item,
    prepare_posts,
    publications_of,
    record_outcomes,
    start_posts,
    start_reels,
)
from tests.factories import make_item, make_twin, make_workspace

STATES = st.sampled_from([*tasks.OPEN, "done", "error", "canceled"])
NEXT_STATUS: dict[Outcome, Status] = {"ready": "scheduled", "published": "published", "failed": "failed"}


@given(status=st.sampled_from(get_args(Status)), task=st.builds(Task, state=STATES))
def test_every_outcome_is_a_move_that_the_item_can_make(status: Status, task: Task) -> None:
    found = due.outcome(CalendarItem(status=status), task)
    assert found is None or NEXT_STATUS[found] in MOVES[status]


@pytest.mark.parametrize(("status", "done"), [("rendering", "ready"), ("publishing", "published")])
@pytest.mark.parametrize("state", [*tasks.OPEN, "done", "error", "canceled"])
def test_an_item_waits_for_what_is_at_work_and_then_says_how_that_ended(
    status: Status, done: Outcome, state: str
) -> None:
    ends = {"done": done, "error": "failed", "canceled": "failed"}
    assert due.outcome(CalendarItem(status=status), Task(state=state)) == ends.get(state)


def delete_rows(twin: Twin) -> None:
    """Delete the twin's items with their reels, posts and tasks."""
    with transaction() as session:
        for table in "calendar_items", "publications", "tasks", "reels", "accounts":
            session.execute(text(f"delete from {table} where workspace_id = :id"), {"id": twin.workspace_id})


# Minutes to an item's time, whether it is canceled, and its video.
PLANS = st.lists(st.tuples(st.integers(-90, 90), st.booleans(), st.sampled_from([None, OWN_VIDEO])), max_size=8)


@pytest.mark.slow
@hypothesis.settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plans=PLANS, ahead=st.integers(1, 89))
def test_reels_are_made_of_all_that_are_near_and_posts_of_all_that_are_due_and_of_no_others(
    twin: Twin, monkeypatch: pytest.MonkeyPatch, plans: list[tuple[int, bool, str | None]], ahead: int
) -> None:
    monkeypatch.setattr(settings(), "render_ahead_seconds", ahead * 60.0 + 30)
    connect(twin)
    made, posted = set(), set()
    with transaction() as session:
        for minutes, is_canceled, reel_url in plans:
            planned = make_item(session, twin, reel_url=reel_url)
            planned.scheduled_at = now() + timedelta(minutes=minutes, seconds=-15)
            if is_canceled:
                items.cancel(session, planned)
            elif reel_url is None and minutes <= ahead:
                made.add(planned.id)
            elif reel_url and minutes <= 0:
                posted.add(planned.id)
    posts, reels = start_posts(twin), start_reels(twin)
    with transaction() as session:
        found = session.scalars(select(CalendarItem).where(CalendarItem.twin_id == twin.id)).all()
    assert {item.id for item in found if item.status == "rendering"} == made
    assert {item.id for item in found if item.status == "publishing"} == posted
    assert {task.key for task in reels} == {str(item.reel_id) for item in found if item.id in made}
    assert {task.key for task in posts} == {str(item.publication_id) for item in found if item.id in posted}
    delete_rows(twin)


def test_reels_are_made_as_long_ahead_as_the_setting_says(twin: Twin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "render_ahead_seconds", 3600.0)
    near = create_item(twin, due_in=timedelta(minutes=59))
    create_item(twin, due_in=timedelta(minutes=61))
    (task,) = start_reels(twin)
    assert (item(near).status, str(item(near).reel_id)) == ("rendering", task.key)
    assert start_reels(twin) == []


def test_posts_are_prepared_as_long_ahead_as_the_setting_says_where_the_platform_allows_it(
    twin: Twin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "prepare_ahead_seconds", 600.0)
    for platform in ("instagram", "linkedin", "tiktok", "youtube"):
        connect(twin, platform)
    near = {
        platform: create_item(twin, due_in=timedelta(minutes=9), reel_url=OWN_VIDEO, platform=platform)
        for platform in ("instagram", "linkedin", "tiktok", "youtube")
    }
    create_item(twin, due_in=timedelta(minutes=11), reel_url=OWN_VIDEO)
    create_item(twin, due_in=timedelta(minutes=9))  # its reel is not made yet
    prepared = {task.key for task in prepare_posts(twin)}
    assert prepared == {str(item(near[platform]).publication_id) for platform in ("instagram", "linkedin")}
    assert {item(item_id).status for item_id in near.values()} == {"scheduled"}
    assert prepare_posts(twin) == []


def test_no_post_is_prepared_when_the_setting_is_zero(twin: Twin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "prepare_ahead_seconds", 0.0)
    connect(twin)
    create_item(twin, due_in=timedelta(minutes=1), reel_url=OWN_VIDEO)
    assert prepare_posts(twin) == []


def test_an_item_that_cannot_be_prepared_holds_up_no_other(twin: Twin) -> None:
    connect(twin)
    broken, whole = (create_item(twin, due_in=timedelta(minutes=1), reel_url=OWN_VIDEO) for _ in range(2))
    with transaction() as session:
        session.get_one(CalendarItem, broken).options = {"of_another_release": True}
    (task,) = prepare_posts(twin)
    assert (task.key, item(broken).status) == (str(item(whole).publication_id), "scheduled")


def test_an_item_with_a_video_of_its_own_gets_no_reel_even_with_a_script(twin: Twin) -> None:
    own = create_item(twin, due_in=timedelta(), reel_url=OWN_VIDEO)
    assert start_reels(twin) == []
    assert item(own).status == "scheduled"


def test_what_was_deleted_or_canceled_gets_no_reel(twin: Twin) -> None:
    deleted, canceled = create_item(twin, due_in=timedelta()), create_item(twin, due_in=timedelta())
    with transaction() as session:
        items.delete(session, session.get_one(CalendarItem, deleted))
        items.cancel(session, session.get_one(CalendarItem, canceled))
    assert start_reels(twin) == []


def test_those_that_are_due_first_come_first(twin: Twin) -> None:
    late, early = (create_item(twin, due_in=timedelta(minutes=minutes)) for minutes in (10, 5))
    with transaction() as session:
        due.start_videos(session, most=1)
    assert (item(early).status, item(late).status) == ("rendering", "scheduled")


def test_the_items_of_one_workspace_hold_up_no_other(twin: Twin) -> None:
    with transaction() as session:
        other = make_twin(session, make_workspace(session))
    for minutes in range(4):
        create_item(twin, due_in=timedelta(minutes=minutes))
    create_item(other, due_in=timedelta(minutes=5))
    with transaction() as session:
        started = due.start_videos(session, most=1000)
    turns = [task.workspace_id for task in started if task.workspace_id in (twin.workspace_id, other.workspace_id)]
    assert turns == [twin.workspace_id, other.workspace_id, *[twin.workspace_id] * 3]


def test_a_workspace_with_many_open_runs_starts_no_more_posts_and_comes_after_others(
    twin: Twin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "slots_io", 1)
    with transaction() as session:
        other = make_twin(session, make_workspace(session))
    for each in (twin, other):
        connect(each)
    for _ in range(10):
        create_item(twin, due_in=timedelta(), reel_url=OWN_VIDEO)
    started = start_posts(twin)
    assert len(started) == 8
    create_item(twin, due_in=timedelta(minutes=1), reel_url=OWN_VIDEO)
    assert start_posts(twin) == prepare_posts(twin) == []
    finish_run(started[0])
    create_item(other, due_in=timedelta(), reel_url=OWN_VIDEO)
    with transaction() as session:
        turns = [task.workspace_id for _ in range(3) for task in due.start_posts(session, most=1)[1]]
    assert turns == [other.workspace_id, twin.workspace_id]


def test_the_rows_of_a_batch_hold_up_no_post_of_their_workspace(twin: Twin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "slots_io", 1)
    connect(twin)
    for _ in range(8):
        create_item(twin, due_in=timedelta(), reel_url=OWN_VIDEO)
    rows = start_posts(twin)
    with transaction() as session:
        batch = tasks.create(session, workspace_id=twin.workspace_id, kind="batch", key=str(uuid4()))
        session.execute(update(Task).where(Task.id.in_([row.id for row in rows])).values(parent_id=batch.id))
    create_item(twin, due_in=timedelta(), reel_url=OWN_VIDEO)
    assert len(start_posts(twin)) == 1


def test_an_item_whose_reel_is_done_is_scheduled_with_it(twin: Twin) -> None:
    item_id = create_item(twin, due_in=timedelta())
    (task,) = start_reels(twin)
    record_outcomes()
    assert item(item_id).status == "rendering"
    finish_and_record(task)
    assert (item(item_id).status, str(item(item_id).reel_id)) == ("scheduled", task.key)
    assert start_reels(twin) == []


def test_an_item_whose_reel_cannot_be_made_fails_with_its_reason(twin: Twin) -> None:
    item_id = create_item(twin, due_in=timedelta())
    finish_and_record(*start_reels(twin), error=BROKEN)
    assert (item(item_id).status, item(item_id).reason) == ("failed", BROKEN.to_dict())


def test_an_item_whose_reels_task_is_canceled_fails_and_says_so(twin: Twin) -> None:
    item_id = create_item(twin, due_in=timedelta())
    (task,) = start_reels(twin)
    with transaction() as session:
        cancellation.cancel(session, task)
    record_outcomes()
    assert (item(item_id).status, (item(item_id).reason or {})["code"]) == ("failed", "canceled")


def test_a_reel_that_is_retried_in_time_counts_by_its_newest_try(twin: Twin) -> None:
    item_id = create_item(twin, due_in=timedelta())
    (first,) = start_reels(twin)
    finish_run(first, error=BROKEN)
    with transaction() as session:
        again = tasks.retry(session, session.get_one(Task, first.id))
    record_outcomes()
    assert item(item_id).status == "rendering"
    finish_and_record(again)
    assert item(item_id).status == "scheduled"


def test_an_item_that_cannot_be_begun_fails_alone(twin: Twin) -> None:
    connect(twin)
    with transaction() as session:
        other = make_twin(session, twin.workspace_id)
        other.platform_defaults = {"instagram": {"of_an_older_release": True}}
    broken = create_item(twin, due_in=timedelta(), reel_url=OWN_VIDEO)
    healthy = create_item(twin, due_in=timedelta(), reel_url=OWN_VIDEO)
    with transaction() as session:
        session.get_one(CalendarItem, broken).twin_id = other.id
    (task,) = start_posts(twin)
    assert task.key == str(item(healthy).publication_id)
    assert (item(broken).status, (item(broken).reason or {})["code"]) == ("failed", "item_broken")
    assert item(broken).publication_id is None


@pytest.mark.nightly
def test_of_ten_thousand_items_a_thousand_are_due_and_each_is_claimed_once_by_two_daemons(twin: Twin) -> None:
    _create_items(twin, total=10_000, soon=1_000)
    with ThreadPoolExecutor(2) as daemons:
        first, second = daemons.map(lambda _: _tick_until_all_is_claimed(), range(2))
    assert first
    assert second
    claimed = first + second
    assert len(set(claimed)) == len(claimed) == 1_000
    with transaction() as session:
        rendering = "select reel_id::text from calendar_items where twin_id = :twin and status = 'rendering'"
        assert set(session.scalars(text(rendering), {"twin": twin.id})) == set(claimed)


@pytest.mark.slow
def test_claiming_of_ten_thousand_new_items_does_not_compare_each_with_each(twin: Twin) -> None:
    connect(twin)
    with transaction() as session:
        pattern = make_item(session, twin, due_in=timedelta(), reel_url=OWN_VIDEO)
        session.execute(
            text(
                "insert into calendar_items select (jsonb_populate_record(item, jsonb_build_object("
                "  'id', gen_random_uuid()))).* from calendar_items item, generate_series(1, 9999)"
                " where item.id = :pattern"
            ),
            {"pattern": pattern.id},
        )
        session.execute(text("set local statement_timeout = '10s'"))  # it takes 50 ms, or more than a minute
        claimed, started = due.start_posts(session, most=10)
        assert (claimed, len(started)) == (10, 10)
        session.rollback()


@pytest.mark.slow
def test_what_is_due_with_its_video_is_published_once_by_two_daemons(twin: Twin) -> None:
    account = connect(twin)
    with_reels = [create_item(twin, due_in=timedelta(minutes=1)) for _ in range(20)]
    for task in start_reels(twin):
        finish_run(task)
    record_outcomes()
    with_urls = [create_item(twin, due_in=timedelta(), reel_url=OWN_VIDEO) for _ in range(20)]
    with transaction() as session:
        session.execute(
            text("update calendar_items set scheduled_at = :now where twin_id = :twin"), {"now": now(), "twin": twin.id}
        )
    together = Barrier(2)

    def tick(_: int) -> list[Task]:
        with transaction() as session:
            together.wait()
            return [task for _ in range(2) for task in due.start_posts(session, most=25)[1]]

    with ThreadPoolExecutor(2) as daemons:
        first, second = daemons.map(tick, range(2))
    published = {str(item(item_id).publication_id) for item_id in with_reels + with_urls}
    assert len(published) == len(with_reels + with_urls)
    started = [task.key for task in first + second if task.workspace_id == twin.workspace_id]
    assert sorted(started) == sorted(published)
    assert {str(post.id) for post in publications_of(twin)} == published
    assert {post.account_id for post in publications_of(twin)} == {account.id}
    assert start_posts(twin) == []


def _tick_until_all_is_claimed() -> list[str]:
    claimed: list[str] = []
    while True:
        record_outcomes()
        with transaction() as session:
            started = due.start_videos(session, most=100)
        if not started:
            return claimed
        claimed += [task.key for task in started]


def _create_items(twin: Twin, *, total: int, soon: int) -> None:
    """Copies of an item, `soon` of them due within a minute and the others months away."""
    with transaction() as session:
        pattern = make_item(session, twin, due_in=timedelta(days=90))
        session.execute(
            text(
                "insert into calendar_items select (jsonb_populate_record(item, jsonb_build_object("
                "  'id', gen_random_uuid(), 'scheduled_at', case when number <= :soon"
                "  then cast(:now as timestamptz) + number * interval '0.05 s' else item.scheduled_at end))).*"
                " from calendar_items item, generate_series(1, :total - 1) number where item.id = :pattern"
            ),
            {"soon": soon, "total": total, "now": now(), "pattern": pattern.id},
        )
