"""Parent tasks: state and progress follow the child tasks."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from content_pipeline.core.errors import InternalError
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Task
from content_pipeline.core.tasks import cancellation, leases, starts, tasks
from tests.core.lock_waits import is_lock_awaited
from tests.factories import make_workspace
from tests.polling import until

pytestmark = pytest.mark.usefixtures("database")


def family(session: Session, workspace_id: UUID, children: int) -> tuple[Task, list[Task]]:
    parent = tasks.create(session, workspace_id=workspace_id, kind="batch", key=str(uuid4()), lane=None)
    return parent, [
        tasks.create(session, workspace_id=workspace_id, kind="reel", key=str(uuid4()), lane="media", parent=parent)
        for _ in range(children)
    ]


def end(session: Session, child: Task, how: str) -> None:
    if how == "canceled":
        cancellation.cancel(session, child)
        return
    tasks.mark_processing(session, "reel", child.key)
    if how == "done":
        tasks.finish(session, child.id)
    else:
        tasks.fail(session, child.id, InternalError("It broke."))


def state(task: Task) -> tuple[str, int]:
    with transaction() as session:
        found = session.get_one(Task, task.id)
        return found.state, found.progress


def test_a_parent_is_queued_until_a_child_begins(workspace_id: UUID) -> None:
    with transaction() as session:
        parent, children = family(session, workspace_id, 2)
    assert state(parent) == ("queued", 0)
    with transaction() as session:
        tasks.mark_processing(session, "reel", children[0].key)
    assert state(parent) == ("processing", 0)


def test_a_parents_progress_is_the_mean_of_its_childrens(workspace_id: UUID) -> None:
    with transaction() as session:
        parent, children = family(session, workspace_id, 4)
        tasks.mark_processing(session, "reel", children[0].key)
        tasks.set_progress(session, children[0].id, 1.0)
    assert state(parent) == ("processing", 24)  # 99 / 4
    with transaction() as session:
        end(session, children[1], "done")
        end(session, children[2], "error")
    assert state(parent) == ("processing", 74)


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(ends=st.lists(st.sampled_from(["done", "error", "canceled"]), min_size=1, max_size=5))
def test_a_parent_ends_with_its_last_child_and_is_done_when_one_of_them_is(ends: list[str]) -> None:
    with transaction() as session:
        parent, children = family(session, make_workspace(session), len(ends))
    for child, how in zip(children, ends, strict=True):
        assert state(parent)[0] in tasks.OPEN
        with transaction() as session:
            end(session, child, how)
    expected = "done" if "done" in ends else "canceled" if set(ends) == {"canceled"} else "error"
    assert state(parent)[0] == expected


def test_children_that_end_at_the_same_moment_end_their_parent(workspace_id: UUID) -> None:
    with transaction() as session:
        parent, children = family(session, workspace_id, 8)

    def finish(child: Task) -> None:
        with transaction() as session:
            end(session, child, "done")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(finish, children))
    assert state(parent) == ("done", 100)


def test_nobody_starts_a_run_for_a_parent(workspace_id: UUID) -> None:
    with transaction() as session:
        parent, children = family(session, workspace_id, 1)
        tasks.mark_processing(session, "reel", children[0].key)
        found = {task.id for task in starts.unattended(session)}
    assert children[0].id in found
    assert parent.id not in found


def test_a_cancel_of_many_and_the_progress_of_one_never_lock_each_other_out(workspace_id: UUID) -> None:
    with transaction() as session:
        parent, children = family(session, workspace_id, 3)
        tasks.mark_processing(session, "reel", children[1].key)
    run_id = str(uuid4())
    leases.begin(run_id, "media@test")
    leases.claim(run_id, tasks.subject("reel", children[1].key))

    def cancel() -> None:
        with transaction() as session:
            assert len(cancellation.cancel_all(session, children)) == 3

    with ThreadPoolExecutor(1) as pool:
        with leases.fenced(run_id) as session:
            canceling = pool.submit(cancel)
            until(is_lock_awaited, seconds=30, what="a cancel that waits for the fence")
            tasks.set_progress(session, children[1].id, 0.5)
        canceling.result()
    assert state(parent)[0] == "canceled"


def test_an_open_parent_waits_for_the_retry_of_a_child(workspace_id: UUID) -> None:
    with transaction() as session:
        parent, children = family(session, workspace_id, 2)
        end(session, children[0], "error")
    with transaction() as session:
        again = tasks.retry(session, session.get_one(Task, children[0].id), parent=parent)
        end(session, children[1], "error")
    assert state(parent)[0] in tasks.OPEN
    with transaction() as session:
        end(session, again, "done")
    assert state(parent) == ("done", 100)


def test_the_retry_of_a_child_leaves_a_parent_that_has_ended_as_it_is(workspace_id: UUID) -> None:
    with transaction() as session:
        parent, (child,) = family(session, workspace_id, 1)
        end(session, child, "error")
    with transaction() as session:
        end(session, tasks.retry(session, session.get_one(Task, child.id)), "done")
    assert state(parent)[0] == "error"
