"""A video is not made again while a post of it is open or unconfirmed."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import nullcontext
from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import delete
from sqlalchemy.orm import Session

from content_pipeline.core.captions import captions
from content_pipeline.core.errors import Conflict, NotFound
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.library.sources import Source
from content_pipeline.core.models import BurnIn, MadeVideo, Task
from content_pipeline.core.publishing import publications
from content_pipeline.core.publishing.publications import PostSpec
from content_pipeline.core.tasks import cancellation
from content_pipeline.core.tasks.open_posts import check_may_be_made, set_output
from tests.core.lock_waits import blocked_by_lock
from tests.factories import make_account, make_publication
from tests.finished_files import make_avatar_video, make_burn_in, make_reel

pytestmark = pytest.mark.usefixtures("database")

Make = Callable[[Session, UUID], MadeVideo | BurnIn]


@pytest.mark.parametrize(
    ("make", "column"),
    [(make_reel, "reel_id"), (make_avatar_video, "avatar_video_id"), (make_burn_in, "burn_in_id")],
)
def test_a_video_of_each_kind_may_be_made_again_after_its_post(workspace_id: UUID, make: Make, column: str) -> None:
    with transaction() as session:
        video = make(session, workspace_id)
        other = make(session, workspace_id)
        account = make_account(session, workspace_id)
        post = make_publication(session, account.id, reel_url=None, committed_at=None, **{column: video.id})
        task = publications.create_task(session, post)
    with transaction() as session:
        check_may_be_made(session, other)
        with pytest.raises(Conflict) as refused:
            check_may_be_made(session, video)
    assert refused.value.code == "video_in_post"
    with transaction() as session:
        cancellation.cancel(session, session.get_one(Task, task.id))
    with transaction() as session:
        check_may_be_made(session, video)


@pytest.mark.parametrize(("published_at", "is_refused"), [(None, True), (datetime(2026, 1, 1, tzinfo=UTC), False)])
def test_a_video_whose_post_may_be_out_is_not_made_again(
    workspace_id: UUID, published_at: datetime | None, is_refused: bool
) -> None:
    """Its retry looks at the platform, and may go on with the upload."""
    with transaction() as session:
        reel = make_reel(session, workspace_id)
        account = make_account(session, workspace_id)
        upload = {"reel_url": None, "reel_id": reel.id, "prepared": b"encrypted"}
        make_publication(session, account.id, published_at=published_at, **upload)
        with pytest.raises(Conflict) if is_refused else nullcontext():
            check_may_be_made(session, reel)


def test_a_burn_in_of_deleted_captions_is_not_made_again(workspace_id: UUID) -> None:
    with transaction() as session:
        burned = make_burn_in(session, workspace_id)
        captions.get(session, workspace_id, burned.caption_id).deleted_at = burned.created_at
    with transaction() as session, pytest.raises(NotFound):
        check_may_be_made(session, burned)


def test_the_run_of_a_burn_in_does_not_wait_for_the_deletion_of_its_captions_which_waits_for_the_run(
    workspace_id: UUID,
) -> None:
    with transaction() as session:
        burned = make_burn_in(session, workspace_id)

    def check() -> None:
        with transaction() as session:
            check_may_be_made(session, burned)

    with ThreadPoolExecutor(1) as other, transaction() as session:
        captions.get(session, workspace_id, burned.caption_id, lock=True)
        checked = other.submit(check)
        wait([checked], timeout=10)
        assert checked.done()
        checked.result()


@pytest.mark.slow
@pytest.mark.parametrize("make", [make_reel, make_avatar_video, make_burn_in])
def test_a_post_is_seen_or_waits_when_its_video_gets_a_new_file(workspace_id: UUID, make: Make) -> None:
    with transaction() as session:
        video = make(session, workspace_id)
        account = make_account(session, workspace_id)
    before = video.output_key

    def post(session: Session) -> None:
        found = session.get_one(type(video), video.id)
        spec = PostSpec(account.platform, account.id, caption="Look.")
        publications.create_with_tasks(session, workspace_id, twin=None, source=Source(found), specs=[spec])

    def replace(session: Session) -> None:
        set_output(session, session.get_one(type(video), video.id), "new.mp4")

    with blocked_by_lock(post, by=replace) as posted:
        posted.result()
    with transaction() as session:
        session.execute(delete(Task).where(Task.workspace_id == workspace_id, Task.kind == publications.KIND))
        session.get_one(type(video), video.id).output_key = before
    with blocked_by_lock(replace, by=post) as replaced, pytest.raises(Conflict) as refused:
        replaced.result()
    assert refused.value.code == "video_in_post"
    with transaction() as session:
        assert session.get_one(type(video), video.id).output_key == before
