"""Batches of reels: creation, progress, retry and cancel."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from content_pipeline.core.bulk import batches
from content_pipeline.core.bulk.csv_rows import Format, VideoRow
from content_pipeline.core.errors import Conflict, InternalError, NotFound
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import AvatarVideo, Batch, Reel, Task
from content_pipeline.core.reels import reels
from content_pipeline.core.tasks import credits, tasks
from tests.factories import make_twin, make_workspace

pytestmark = pytest.mark.usefixtures("database")


def row(number: int) -> VideoRow:
    return VideoRow(
        row=number,
        script=f"This is number {number}.",
        platform="instagram",
        voice_id="en-US",
        title=None,
        background_url=None,
        music_url=None,
    )


def request(workspace_id: UUID, count: int = 3, drop: str | None = None) -> tuple[Batch, Task, list[Task]]:
    with transaction() as session:
        twin = make_twin(session, workspace_id)
        rows = [row(number) for number in range(1, count + 1)]
        return batches.create_with_tasks(
            session, workspace_id=workspace_id, twin=twin, platform="instagram", rows=rows, drop=drop
        )


def end(session: Session, task: Task, done: bool) -> None:
    tasks.mark_processing(session, reels.KIND, task.key)
    if done:
        tasks.finish(session, task.id)
    else:
        tasks.fail(session, task.id, InternalError("It broke."))


def test_the_task_of_a_batch_and_those_of_its_reels_have_the_ids_of_their_rows(workspace_id: UUID) -> None:
    batch, task, children = request(workspace_id)
    assert task.id == str(batch.id)
    with transaction() as session:
        jobs = batches.jobs(session, batch.id)
    assert [reel.row for reel, _ in jobs] == [1, 2, 3]
    assert [child.id for child in children] == [job.id for _, job in jobs] == [str(reel.id) for reel, _ in jobs]


@pytest.mark.parametrize("form", ["reel", "avatar"])
def test_a_video_has_the_pace_of_its_row_else_of_its_twin(workspace_id: UUID, form: Format) -> None:
    paces = ((None, None), (0.8, None), (None, 0.0), (1.4, 2.0))
    with transaction() as session:
        batch, _, _ = batches.create_with_tasks(
            session,
            workspace_id=workspace_id,
            twin=make_twin(session, workspace_id, speed=1.2, pause=1.0),
            platform="tiktok",
            rows=[
                replace(row(number), format=form, speed=speed, pause=pause)
                for number, (speed, pause) in enumerate(paces, start=1)
            ],
        )
        made = [video for video, _ in batches.jobs(session, batch.id)]
    assert [(video.speed, video.pause) for video in made] == [(1.2, 1.0), (0.8, 1.0), (1.2, 0.0), (1.4, 2.0)]


def test_the_result_counts_what_came_of_the_rows(workspace_id: UUID) -> None:
    batch, task, children = request(workspace_id)
    with transaction() as session:
        for child, done in zip(children, (True, False, True), strict=True):
            end(session, child, done)
        assert batches.results(session, [task]) == {task.key: {"batch_id": str(batch.id), "done": 2, "failed": 1}}


def test_retry_failed_tries_just_what_failed_under_a_new_task(workspace_id: UUID) -> None:
    batch, first, children = request(workspace_id)
    with transaction() as session:
        for child, done in zip(children, (True, False, False), strict=True):
            end(session, child, done)
    with transaction() as session:
        again, retried = batches.retry_failed(session, batch)
    assert again.retry_of == first.id
    assert [task.retry_of for task in retried] == [children[1].id, children[2].id]
    with transaction() as session:
        for task in retried:
            end(session, task, done=True)
        session.expire_all()
        assert session.get_one(Task, again.id).state == "done"
        assert batches.results(session, [again])[again.key]["failed"] == 0


def test_there_is_nothing_to_retry_in_a_batch_without_failures(workspace_id: UUID) -> None:
    batch, _, _ = request(workspace_id)
    with transaction() as session, pytest.raises(Conflict, match="No video"):
        batches.retry_failed(session, batch)


def test_a_batch_that_is_still_at_work_is_not_retried(workspace_id: UUID) -> None:
    batch, _, children = request(workspace_id)
    with transaction() as session:
        end(session, children[0], done=False)
    with transaction() as session, pytest.raises(Conflict) as caught:
        batches.retry_failed(session, batch)
    assert caught.value.code == "task_open"


def test_a_retry_of_a_video_whose_run_is_ending_it_is_refused_without_a_lock_that_the_run_needs(
    workspace_id: UUID,
) -> None:
    _, task, (child,) = request(workspace_id, count=1)
    with transaction() as run:
        tasks.mark_processing(run, reels.KIND, child.key)
        with transaction() as session:
            session.execute(text("set local lock_timeout = '1s'"))
            reel, open_task = session.get_one(Reel, UUID(child.key)), session.get_one(Task, child.id)
            with pytest.raises(Conflict, match="failed or was canceled"):
                batches.retry_video(session, reel, open_task)
        tasks.finish(run, child.id)
    with transaction() as session:
        assert session.get_one(Task, task.id).state == "done"


def test_of_several_retries_at_once_one_is_made(workspace_id: UUID) -> None:
    batch, _, children = request(workspace_id)
    with transaction() as session:
        for child in children:
            end(session, child, done=False)

    def retry(_: int) -> int:
        with suppress(Conflict), transaction() as session:
            return len(batches.retry_failed(session, batch)[1])
        return 0

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(retry, range(4))) == [0, 0, 0, 3]


@pytest.mark.slow
def test_of_a_cancel_and_rows_that_end_at_once_each_row_has_one_end(workspace_id: UUID) -> None:
    batch, task, children = request(workspace_id, count=8)
    with transaction() as session:
        for child in children:
            tasks.mark_processing(session, reels.KIND, child.key)

    def finish(child: Task) -> None:
        with transaction() as session:
            tasks.finish(session, child.id)

    def cancel() -> list[Task]:
        with suppress(Conflict), transaction() as session:
            return batches.cancel(session, batch)
        return []

    with ThreadPoolExecutor(5) as pool:
        finished = [pool.submit(finish, child) for child in reversed(children)]
        canceled = len(pool.submit(cancel).result())
        for one in finished:
            one.result()
    with transaction() as session:
        states = Counter(job.state for _, job in batches.jobs(session, batch.id))
        assert states == Counter(canceled=canceled, done=8 - canceled)
        assert session.get_one(Task, task.id).state == ("done" if canceled < 8 else "canceled")


def test_cancel_ends_what_has_not_ended(workspace_id: UUID) -> None:
    batch, task, children = request(workspace_id)
    with transaction() as session:
        end(session, children[0], done=True)
        assert [child.id for child in batches.cancel(session, batch)] == [children[1].id, children[2].id]
    with transaction() as session:
        assert session.get_one(Task, task.id).state == "done"
        with pytest.raises(Conflict):
            batches.cancel(session, batch)


def test_a_batch_that_is_canceled_whole_is_canceled(workspace_id: UUID) -> None:
    batch, task, _ = request(workspace_id)
    with transaction() as session:
        batches.cancel(session, batch)
    with transaction() as session:
        assert session.get_one(Task, task.id).state == "canceled"


def test_one_dropped_file_never_becomes_two_batches(workspace_id: UUID) -> None:
    request(workspace_id, drop="inbox/a.csv#1")
    with pytest.raises(IntegrityError):
        request(workspace_id, drop="inbox/a.csv#1")


def test_another_workspaces_batch_does_not_exist(workspace_id: UUID) -> None:
    batch, _, _ = request(workspace_id)
    with transaction() as session, pytest.raises(NotFound):
        batches.get(session, make_workspace(session), batch.id)


def test_a_reel_that_is_made_again_looks_the_same(workspace_id: UUID) -> None:
    with transaction() as session:
        twin = make_twin(session, workspace_id)
        made = [
            batches.create_with_tasks(
                session, workspace_id=workspace_id, twin=twin, platform="tiktok", rows=[row(1), row(2)]
            )
            for _ in range(2)
        ]
        (first, second), (again, _) = ([reel.seed for reel, _ in batches.jobs(session, b.id)] for b, _, _ in made)
    assert first == again
    assert first != second


def test_a_failed_avatar_is_retried_with_its_credits_and_its_whole_time(workspace_id: UUID) -> None:
    with transaction() as session:
        rows = [replace(row(1), format="avatar")]
        twin = make_twin(session, workspace_id)
        batch, _, (child,) = batches.create_with_tasks(
            session, workspace_id=workspace_id, twin=twin, platform="instagram", rows=rows
        )
        held = credits.balance(session, workspace_id).held
        session.get_one(AvatarVideo, UUID(child.key)).waits_until = now() - timedelta(hours=1)
        tasks.fail(session, child.id, InternalError("It broke."))
        assert (credits.balance(session, workspace_id).held, held > 0) == (0, True)
        batches.retry_failed(session, batch)
    with transaction() as session:
        assert credits.balance(session, workspace_id).held == held
        assert (session.get_one(AvatarVideo, UUID(child.key)).waits_until or now()) > now()
