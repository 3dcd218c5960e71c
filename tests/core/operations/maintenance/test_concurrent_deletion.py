"""Deletion at the same moment as retries, posts, other deletions and runs: the second sees the first."""

from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from content_pipeline.core.bulk import batches
from content_pipeline.core.captions import captions
from content_pipeline.core.errors import Conflict, NotFound
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.media.timed_words import Segment
from content_pipeline.core.models import (
    Execution,
    Reel,
    Task,
)
from content_pipeline.core.operations.maintenance import deletion
from content_pipeline.core.platforms.youtube.options import YouTubeOptions
from content_pipeline.core.publishing import publications
from content_pipeline.core.publishing.publications import PostSpec, Source
from content_pipeline.core.reels import reels
from content_pipeline.core.tasks import cancellation, leases, tasks
from tests import avatar_videos
from tests.core.lock_waits import blocked_by_lock
from tests.core.operations.maintenance.deletable import a_batch, rendered_reel
from tests.factories import make_account, make_twin


def failed_video(workspace_id: UUID) -> Task:
    """The canceled task of an avatar video."""
    task = avatar_videos.request(workspace_id)
    with transaction() as session:
        cancellation.cancel(session, session.get_one(Task, task.id))
    return task


def test_a_retry_at_the_same_moment_is_canceled_too(workspace_id: UUID) -> None:
    task = failed_video(workspace_id)

    def retry(session: Session) -> None:
        tasks.retry(session, session.get_one(Task, task.id))

    def delete(session: Session) -> deletion.Deleted:
        return deletion.delete_avatar_video(session, workspace_id, UUID(task.key))

    with blocked_by_lock(delete, by=retry) as deleted:
        pass
    assert [canceled.retry_of for canceled in deleted.result().canceled] == [task.id]


def test_a_retry_that_comes_second_finds_nothing(workspace_id: UUID) -> None:
    task = failed_video(workspace_id)

    def retry(session: Session) -> None:
        tasks.retry(session, session.get_one(Task, task.id))

    def delete(session: Session) -> None:
        deletion.delete_avatar_video(session, workspace_id, UUID(task.key))

    with blocked_by_lock(retry, by=delete) as retried:
        pass
    with pytest.raises(NotFound):
        retried.result()


@pytest.mark.slow
@pytest.mark.parametrize("is_posted_first", [True, False])
def test_of_a_post_and_a_deletion_the_second_sees_the_first(workspace_id: UUID, is_posted_first: bool) -> None:
    reel = rendered_reel(workspace_id)
    with transaction() as session:
        account = make_account(session, workspace_id)

    def post(session: Session) -> None:
        spec = PostSpec("instagram", account.id, caption="Look.")
        source = Source(reels.get(session, workspace_id, reel.id))
        publications.create_with_tasks(session, workspace_id, twin=None, source=source, specs=[spec])

    def delete(session: Session) -> None:
        deletion.delete_reel(session, workspace_id, reel.id)

    first, second = (post, delete) if is_posted_first else (delete, post)
    with blocked_by_lock(second, by=first) as outcome:
        pass
    with pytest.raises(Conflict if is_posted_first else NotFound):
        outcome.result()


@pytest.mark.slow
@pytest.mark.parametrize("user", ["post", "twin"])
@pytest.mark.parametrize("is_named_first", [True, False])
def test_of_what_names_captions_and_their_deletion_the_second_sees_the_first(
    workspace_id: UUID, is_named_first: bool, user: str
) -> None:
    with transaction() as session:
        caption, _ = captions.create_with_task(
            session, workspace_id=workspace_id, source_url="https://8.8.8.8/a.mp4", language="en", burn_in=False
        )
        caption.segments = (Segment(1.0, 2.5, "Hello there.", ()),)
        account = make_account(session, workspace_id, "youtube")

    def name(session: Session) -> None:
        if user == "twin":
            make_twin(session, workspace_id, platform_defaults={"youtube": {"captions_id": str(caption.id)}})
            return
        options = YouTubeOptions(captions_id=caption.id)
        spec = PostSpec("youtube", account.id, title="Look", caption="Look.", options=options)
        source = Source(url="https://8.8.8.8/b.mp4")
        publications.create_with_tasks(session, workspace_id, twin=None, source=source, specs=[spec])

    def delete(session: Session) -> None:
        deletion.delete_caption(session, workspace_id, caption.id)

    first, second = (name, delete) if is_named_first else (delete, name)
    with blocked_by_lock(second, by=first) as outcome:
        pass
    with pytest.raises(Conflict if is_named_first else NotFound):
        outcome.result()


def test_a_batch_that_is_being_deleted_is_not_retried(workspace_id: UUID) -> None:
    batch, _ = a_batch(workspace_id, rows=1)
    with transaction() as session:
        batches.cancel(session, batch)

    def retry(session: Session) -> None:
        batches.retry_failed(session, batches.get(session, workspace_id, batch.id))

    def delete(session: Session) -> None:
        deletion.delete_batch(session, workspace_id, batch.id)

    with blocked_by_lock(retry, by=delete) as retried:
        pass
    with pytest.raises(NotFound):
        retried.result()


def test_of_two_deletions_the_second_finds_nothing(workspace_id: UUID) -> None:
    reel = rendered_reel(workspace_id)

    def delete(session: Session) -> None:
        deletion.delete_reel(session, workspace_id, reel.id)

    with blocked_by_lock(delete, by=delete) as second:
        pass
    with pytest.raises(NotFound):
        second.result()


def test_a_run_that_writes_at_the_same_moment_ends_before_the_deletion(workspace_id: UUID) -> None:
    _, (task,) = a_batch(workspace_id, rows=1)
    leases.begin("some run", "some worker")
    leases.claim("some run", tasks.subject(task.kind, task.key))
    with transaction() as session:
        tasks.mark_processing(session, task.kind, task.key)

    def write(session: Session) -> None:
        """As a run ends: its execution, its row, its task and the parent."""
        session.execute(select(Execution.run_id).where(Execution.run_id == "some run").with_for_update(read=True))
        session.get_one(Reel, UUID(task.key)).output_key = "some key"
        session.flush()
        tasks.finish(session, task.id)

    def delete(session: Session) -> deletion.Deleted:
        return deletion.delete_reel(session, workspace_id, UUID(task.key))

    with blocked_by_lock(delete, by=write) as deleted:
        pass
    assert deleted.result().canceled == []
