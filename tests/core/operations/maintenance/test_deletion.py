"""Deletion: what is hidden, canceled and refused at once, what is purged later, and what stays published."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from content_pipeline.core.analytics.post_columns import SCRIPT, VIDEO_FORMAT, join_video
from content_pipeline.core.bulk import batches
from content_pipeline.core.calendar import actions, due, items
from content_pipeline.core.captions import burn_ins, captions
from content_pipeline.core.errors import Conflict, NotFound, UpstreamError
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.library import sources
from content_pipeline.core.media.karaoke_captions import Style
from content_pipeline.core.models import (
    AvatarVideo,
    Batch,
    BurnIn,
    CalendarItem,
    Caption,
    Publication,
    Reel,
    SocialPost,
    Twin,
)
from content_pipeline.core.models.calendar import Status
from content_pipeline.core.operations.maintenance import deletion, partition_key_retirement, purge
from content_pipeline.core.publishing import publications
from content_pipeline.core.publishing.publications import PostSpec, Source
from content_pipeline.core.reels import reels
from content_pipeline.core.tasks import cancellation, credits, leases, tasks
from content_pipeline.core.tasks.open_posts import check_may_be_made
from tests import avatar_videos
from tests.core.operations.maintenance.deletable import a_batch, finish, rendered_reel, store
from tests.factories import make_account, make_item, make_publication, make_twin
from tests.finished_files import make_all

LOST_ANSWER = UpstreamError("The platform did not answer.", remedy="Look at the account.")


def delete_reel(workspace_id: UUID, reel_id: UUID) -> deletion.Deleted:
    with transaction() as session:
        deleted = deletion.delete_reel(session, workspace_id, reel_id)
    deletion.delete_files(deleted)
    return deleted


def purge_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sweep of a time at which what was deleted now has settled."""
    monkeypatch.setattr(purge, "SETTLED", timedelta())
    purge.sweep()


def count(model: type) -> int:
    with transaction() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_a_reel_is_hidden_at_once_with_its_task_and_its_files(workspace_id: UUID) -> None:
    reel = rendered_reel(workspace_id)
    assert delete_reel(workspace_id, reel.id).canceled == []
    assert storage.list_after("", prefix=f"{workspace_id}/", most=10) == []
    with transaction() as session:
        with pytest.raises(NotFound):
            reels.get(session, workspace_id, reel.id)
        with pytest.raises(NotFound):
            tasks.get(session, workspace_id, str(reel.id))
        assert tasks.list_page(session, workspace_id, limit=10) == ([], None)


def test_a_second_deletion_finds_nothing(workspace_id: UUID) -> None:
    reel = rendered_reel(workspace_id)
    delete_reel(workspace_id, reel.id)
    with pytest.raises(NotFound):
        delete_reel(workspace_id, reel.id)


def test_another_workspace_s_reel_is_not_deleted(workspace_id: UUID) -> None:
    reel = rendered_reel(workspace_id)
    with pytest.raises(NotFound):
        delete_reel(uuid4(), reel.id)


def test_its_row_goes_later_and_whatever_was_written_meanwhile(
    workspace_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    reel = rendered_reel(workspace_id)
    delete_reel(workspace_id, reel.id)
    store(reels.object_key(reel, "reel.mp4"))  # by a process that was frozen
    purge.sweep()
    assert count(Reel) == 1, "a request may still be at work on it"
    purge_later(monkeypatch)
    assert count(Reel) == 0
    assert storage.list_after("", prefix=f"{workspace_id}/", most=10) == []
    purge.sweep()


def test_a_purge_that_the_bucket_refuses_keeps_the_row_for_the_next(
    workspace_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    reel = rendered_reel(workspace_id)
    delete_reel(workspace_id, reel.id)
    with monkeypatch.context() as patch:
        patch.setattr(storage, "delete_folder", lambda _: storage.load("nothing/here"))
        purge_later(monkeypatch)
    assert count(Reel) == 1
    purge.sweep()
    assert count(Reel) == 0


def test_its_partition_key_goes_with_the_next_run_of_the_retention(workspace_id: UUID) -> None:
    kept, reel = rendered_reel(workspace_id), rendered_reel(workspace_id)
    delete_reel(workspace_id, reel.id)
    with transaction() as session:
        assert partition_key_retirement.retired_keys(session, reels.KIND, [str(kept.id), str(reel.id)]) == [
            str(reel.id)
        ]


def test_work_on_it_is_canceled_and_fenced_off(workspace_id: UUID) -> None:
    task = avatar_videos.request(workspace_id)
    leases.begin("some run", "some worker")
    leases.claim("some run", tasks.subject(task.kind, task.key))
    with transaction() as session:
        held = credits.balance(session, workspace_id).held
        deleted = deletion.delete_avatar_video(session, workspace_id, UUID(task.key))
    assert held
    assert [canceled.id for canceled in deleted.canceled] == [task.id]
    with pytest.raises(leases.Stopped), leases.fenced("some run"):
        pass
    with transaction() as session:
        assert credits.balance(session, workspace_id).held == 0


def test_captions_go_with_their_burn_ins(workspace_id: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    with transaction() as session:
        caption, task = captions.create_with_task(
            session, workspace_id=workspace_id, source_url="https://8.8.8.8/a.mp4", language="en", burn_in=True
        )
        burned = burn_ins.create(session, caption, Style())
        again = tasks.create(session, workspace_id=workspace_id, kind=burn_ins.KIND, key=str(burned.id), lane="media")
    folder = burn_ins.folder_of(workspace_id, caption.id)
    store(f"{folder}source", f"{folder}burn_ins/{burned.id}.mp4")
    with transaction() as session:
        deleted = deletion.delete_caption(session, workspace_id, caption.id)
    deletion.delete_files(deleted)
    assert {canceled.id for canceled in deleted.canceled} == {task.id, again.id}
    assert storage.list_after("", prefix=f"{workspace_id}/", most=10) == []
    with transaction() as session:
        assert captions.list_page(session, workspace_id, limit=10) == ([], None)
        for task_id in (task.id, again.id):
            with pytest.raises(NotFound):
                tasks.get(session, workspace_id, task_id)
    purge_later(monkeypatch)
    assert (count(Caption), count(BurnIn)) == (0, 0)


@pytest.mark.parametrize("is_purged", [True, False])
def test_a_failed_post_and_item_of_a_burn_in_end_as_those_of_a_reel(
    workspace_id: UUID, monkeypatch: pytest.MonkeyPatch, is_purged: bool
) -> None:
    with transaction() as session:
        caption, _ = captions.create_with_task(
            session, workspace_id=workspace_id, source_url="https://8.8.8.8/a.mp4", language="en", burn_in=False
        )
        burned = burn_ins.create(session, caption, Style())
        account, item = make_account(session, workspace_id), make_item(session, make_twin(session, workspace_id))
        item.caption_id, item.burn_in_id, item.is_video_given, item.status = caption.id, burned.id, True, "failed"
        post = make_publication(
            session, account.id, reel_url=None, burn_in_id=burned.id, committed_at=None, published_at=None
        )
        cancellation.cancel(session, publications.create_task(session, post))
    with transaction() as session:
        deletion.delete_caption(session, workspace_id, caption.id)
    if is_purged:
        purge_later(monkeypatch)
    with transaction() as session:
        item = items.get(session, workspace_id, item.id)
        assert not actions.has_video(item), "a retry renders another"
        with pytest.raises(Conflict) as refused:
            publications.retry(session, tasks.get(session, workspace_id, str(post.id)))
    assert refused.value.code == "video_deleted"


def test_a_batch_goes_with_all_its_videos(workspace_id: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    batch, children = a_batch(workspace_id, rows=3)
    finish(children[0])
    with transaction() as session:
        deleted = deletion.delete_batch(session, workspace_id, batch.id)
    assert {task.id for task in deleted.canceled} == {children[1].id, children[2].id, str(batch.id)}
    with transaction() as session:
        assert batches.list_page(session, workspace_id, limit=10) == ([], None)
        assert tasks.list_page(session, workspace_id, limit=10) == ([], None)
    purge_later(monkeypatch)
    assert (count(Batch), count(Reel)) == (0, 0)


def test_a_batch_goes_on_without_a_row_that_was_deleted(workspace_id: UUID) -> None:
    batch, (first, second) = a_batch(workspace_id, rows=2)
    delete_reel(workspace_id, UUID(first.key))
    finish(second)
    with transaction() as session:
        assert [job.id for _, job in batches.jobs(session, batch.id)] == [second.id]
        task = tasks.get(session, workspace_id, str(batch.id))
        assert (task.state, batches.results(session, [task])[task.key]["failed"]) == ("done", 0)


@pytest.mark.parametrize("status", ["scheduled", "rendering", "publishing"])
def test_a_planned_item_keeps_its_reel(workspace_id: UUID, status: Status) -> None:
    reel = rendered_reel(workspace_id)
    with transaction() as session:
        item = make_item(session, session.get_one(Twin, reel.twin_id))
        item.reel_id, item.status = reel.id, status
    with pytest.raises(Conflict, match=f"calendar item {item.id}") as refused:
        delete_reel(workspace_id, reel.id)
    assert refused.value.code == "in_use"
    with transaction() as session:
        assert tasks.get(session, workspace_id, str(reel.id)), "nothing is hidden"
        session.get_one(CalendarItem, item.id).deleted_at = now()
    delete_reel(workspace_id, reel.id)


def test_a_failed_item_is_rendered_anew_without_its_reel(workspace_id: UUID) -> None:
    reel = rendered_reel(workspace_id)
    with transaction() as session:
        item = make_item(session, session.get_one(Twin, reel.twin_id))
        item.reel_id, item.status = reel.id, "failed"
    delete_reel(workspace_id, reel.id)
    with transaction() as session:
        item = items.get(session, workspace_id, item.id, lock=True)
        items.retry(session, item)
        assert (item.status, item.reel_id) == ("scheduled", None)


@pytest.mark.parametrize("committed_at", [None, now()])
def test_a_failed_item_keeps_only_a_post_that_may_be_out(workspace_id: UUID, committed_at: datetime | None) -> None:
    reel = rendered_reel(workspace_id)
    with transaction() as session:
        account, item = make_account(session, workspace_id), make_item(session, session.get_one(Twin, reel.twin_id))
        post = make_publication(
            session, account.id, reel_url=None, reel_id=reel.id, committed_at=committed_at, published_at=None
        )
        item.reel_id, item.publication_id, item.status = reel.id, post.id, "failed"
        tasks.fail(session, publications.create_task(session, post).id, LOST_ANSWER)
    delete_reel(workspace_id, reel.id)
    with transaction() as session:
        assert items.get(session, workspace_id, item.id).publication_id == (post.id if committed_at else None)


def test_an_item_whose_post_may_be_out_asks_its_platform_without_its_reel(workspace_id: UUID) -> None:
    reel = rendered_reel(workspace_id)
    with transaction() as session:
        account, item = make_account(session, workspace_id), make_item(session, session.get_one(Twin, reel.twin_id))
        post = make_publication(
            session, account.id, reel_url=None, reel_id=reel.id, committed_at=now(), published_at=None
        )
        item.reel_id, item.publication_id, item.status = reel.id, post.id, "failed"
        tasks.fail(session, publications.create_task(session, post).id, LOST_ANSWER)
    delete_reel(workspace_id, reel.id)
    with transaction() as session:
        item = items.get(session, workspace_id, item.id, lock=True)
        items.retry(session, item)
        item.scheduled_at = now()
        session.flush()
        due.start_videos(session, most=100)
        assert item.status == "scheduled"
        started = due.start_posts(session, most=100)[1]
        assert (item.status, item.reel_id, item.publication_id) == ("publishing", None, post.id)
        assert str(post.id) in [task.key for task in started]


def test_an_open_post_keeps_its_reel_and_cannot_be_retried_without_it(workspace_id: UUID) -> None:
    reel = rendered_reel(workspace_id)
    with transaction() as session:
        account = make_account(session, workspace_id)
        spec = PostSpec("instagram", account.id, caption="Look.")
        ((_, task),) = publications.create_with_tasks(
            session, workspace_id, twin=None, source=Source(reel), specs=[spec]
        )
    with pytest.raises(Conflict, match=f"post {task.id}"):
        delete_reel(workspace_id, reel.id)
    with transaction() as session:
        cancellation.cancel(session, task)
    delete_reel(workspace_id, reel.id)
    with transaction() as session, pytest.raises(Conflict) as refused:
        publications.retry(session, tasks.get(session, workspace_id, task.id))
    assert refused.value.code == "video_deleted"


def test_a_post_that_may_be_out_is_looked_up_by_a_retry_also_without_its_reel(workspace_id: UUID) -> None:
    reel = rendered_reel(workspace_id)
    with transaction() as session:
        account = make_account(session, workspace_id)
        post = make_publication(session, account.id, reel_url=None, reel_id=reel.id, published_at=None, post_id=None)
        tasks.fail(session, publications.create_task(session, post).id, LOST_ANSWER)
    delete_reel(workspace_id, reel.id)
    with transaction() as session:
        again = publications.retry(session, tasks.get(session, workspace_id, str(post.id)))
        assert (again.state, session.get_one(Publication, post.id).committed_at) == ("queued", post.committed_at)


def test_a_deleted_reel_cannot_be_posted_by_a_request_that_has_read_it(workspace_id: UUID) -> None:
    reel = rendered_reel(workspace_id)
    delete_reel(workspace_id, reel.id)
    with transaction() as session:
        spec = PostSpec("instagram", make_account(session, workspace_id).id, caption="Look.")
        with pytest.raises(NotFound):
            publications.create_with_tasks(session, workspace_id, twin=None, source=Source(reel), specs=[spec])


def test_what_is_published_stays_published(workspace_id: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    batch, (task,) = a_batch(workspace_id, rows=1)
    finish(task)
    with transaction() as session:
        reel = session.get_one(Reel, UUID(task.key))
        reel.output_key, reel.background_url = reels.object_key(reel, "reel.mp4"), "https://8.8.8.8/sea.jpg"
        account = make_account(session, workspace_id)
        post = make_publication(session, account.id, reel_url=None, reel_id=reel.id, script=None)
        session.add(
            SocialPost(
                workspace_id=workspace_id, account_id=account.id, platform=account.platform, post_id=str(post.post_id),
                publication_id=post.id, text="", published_at=now(), next_read_at=now(),
            )
        )  # fmt: skip
    with transaction() as session:
        deletion.delete_batch(session, workspace_id, batch.id)
    purge_later(monkeypatch)
    purge.sweep()
    with transaction() as session:
        kept = session.get_one(Reel, reel.id)
        assert (kept.output_key, kept.words, kept.background_url, kept.batch_id) == (None, None, None, None)
        assert session.get_one(Publication, post.id).published_at
        figures = join_video(select(VIDEO_FORMAT, SCRIPT).select_from(SocialPost))
        assert session.execute(figures).all() == [("reel", "Tip 1.")]
        with pytest.raises(NotFound):
            check_may_be_made(session, kept)
    assert count(Batch) == 0


@pytest.mark.parametrize("user", ["item", "twin", "post"])
def test_captions_that_go_along_with_posts_are_kept(workspace_id: UUID, user: str) -> None:
    with transaction() as session:
        caption, _ = captions.create_with_task(
            session, workspace_id=workspace_id, source_url="https://8.8.8.8/a.mp4", language="en", burn_in=False
        )
        named = {"captions_id": str(caption.id)}
        twin = make_twin(session, workspace_id, platform_defaults={"youtube": named} if user == "twin" else {})
        if user == "item":
            make_item(session, twin).options = named
        if user == "post":
            account = make_account(session, workspace_id, "youtube")
            publications.create_task(session, make_publication(session, account.id, options=named))
    with transaction() as session, pytest.raises(Conflict) as refused:
        deletion.delete_caption(session, workspace_id, caption.id)
    assert refused.value.code == "in_use"
    assert {"item": "calendar item", "twin": f"twin {twin.id}", "post": "post "}[user] in refused.value.detail


def test_a_video_that_an_open_task_is_to_read_is_kept(workspace_id: UUID) -> None:
    with transaction() as session:
        reel, avatar_video, burned = make_all(session, workspace_id)[:3]
        assert isinstance(burned, BurnIn)
        for stored, delete, row_id in (
            (reel, deletion.delete_reel, reel.id),
            (avatar_video, deletion.delete_avatar_video, avatar_video.id),
            (burned, deletion.delete_caption, burned.caption_id),
        ):
            location = storage.uri(sources.object_key(stored))
            _, task = captions.create_with_task(
                session, workspace_id=workspace_id, source_url=location, language="en", burn_in=False
            )
            with pytest.raises(Conflict) as refused, session.begin_nested():
                delete(session, workspace_id, row_id)
            assert refused.value.code == "in_use"
            cancellation.cancel(session, task)
            delete(session, workspace_id, row_id)


def test_a_video_that_heygen_renders_is_not_polled_any_more(workspace_id: UUID) -> None:
    task = avatar_videos.request(workspace_id)
    with transaction() as session:
        session.get_one(AvatarVideo, UUID(task.key)).poll_at = now()
    with transaction() as session:
        deletion.delete_avatar_video(session, workspace_id, UUID(task.key))
    assert avatar_videos.video_of(task).poll_at is None
