"""Publications: rows of requested posts, one per account, with their tasks, retries and status.

They are carried out by `core/publishing/attempts.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from content_pipeline.core.captions import stored_cues
from content_pipeline.core.errors import Conflict, Invalid, NotFound
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.library import sources
from content_pipeline.core.library.sources import Source, Stored
from content_pipeline.core.models import Account, AvatarVideo, BurnIn, Caption, Publication, Reel, Task, Twin, Upload
from content_pipeline.core.platforms.accounts import accounts
from content_pipeline.core.platforms.options import PostOptions, dump_set
from content_pipeline.core.publishing import post_files, post_text
from content_pipeline.core.publishing.post_video import existing_video
from content_pipeline.core.tasks import kinds, tasks
from content_pipeline.core.workspaces.ownership import owned
from content_pipeline.core.writing.post import PostText

KIND: Final = kinds.PUBLICATION.name
Status = Literal["publishing", "published", "removed", "failed", "unconfirmed"]


@dataclass(frozen=True, slots=True)
class PostSpec:
    """A requested post on one platform. Without a caption, the twin writes one."""

    platform: str
    account_id: UUID | None = None
    title: str | None = None
    caption: str | None = None
    options: PostOptions | None = None


def create_with_tasks(
    session: Session, workspace_id: UUID, *, twin: Twin | None, source: Source, specs: Sequence[PostSpec]
) -> list[tuple[Publication, Task]]:
    """Create a post for each spec, with its task. Raises Invalid, NotFound, Conflict; then none is created."""
    if source.stored:
        sources.lock(session, source.stored)
    for spec in specs:
        check_spec(session, workspace_id, twin, spec)
    request_id = uuid4()
    created = [
        create(
            session,
            accounts.choose(session, workspace_id, spec.platform, spec.account_id, twin),
            twin,
            source,
            spec,
            request_id=request_id,
        )
        for spec in specs
    ]
    return [(publication, create_task(session, publication)) for publication in created]


def check_spec(session: Session, workspace_id: UUID, twin: Twin | None, spec: PostSpec) -> None:
    """Raises what `check_files` and `given_text` raise, for a post that could never be published."""
    options = post_text.options(spec.platform, twin, spec.options)
    check_files(session, workspace_id, options)
    given_text(twin, spec, options)


def check_files(session: Session, workspace_id: UUID, options: PostOptions) -> None:
    """Raises Invalid for a cover that cannot be fetched, NotMedia for an upload that is none, NotFound or Conflict for
    captions that cannot be used.

    The captions are not deleted before the transaction ends.
    """
    if options.cover:
        cover = sources.resolve_link(session, workspace_id, options.cover, kinds=sources.PICTURE).stored
        if isinstance(cover, Upload) and cover.content_type not in post_files.COVER_TYPES:
            raise post_files.cover_unusable()
    if options.subtitles:
        stored_cues.check_ready(owned(session, Caption, workspace_id, options.subtitles, lock="share"))


def given_text(twin: Twin | None, spec: PostSpec, options: PostOptions) -> PostText | None:
    """The text of a post with a caption; None where the twin writes it.

    Raises Invalid `text_unfit`, and `caption_missing` without a caption and a twin.
    """
    if spec.caption:
        return post_text.from_caption(spec.platform, spec.caption, title=spec.title, options=options)
    if twin is None:
        raise Invalid(
            "There is no text for this post, and no twin to write it.",
            code="caption_missing",
            remedy="Send a caption, or a twin_id.",
        )
    return None


def create(
    session: Session,
    account: Account,
    twin: Twin | None,
    source: Source,
    spec: PostSpec,
    *,
    request_id: UUID,
    copy_id: UUID | None = None,
    held: bool = False,
) -> Publication:
    """Create a post of a checked spec (`check_spec`), without its task (`create_task`).

    `copy_id` names the copy of its URL that the calendar makes. One that is `held` is prepared, and published after its
    release (`holding.release`).
    """
    is_ours = sources.is_synthetic(source.stored)
    publication = Publication(
        id=uuid4(),
        workspace_id=account.workspace_id,
        request_id=request_id,
        account_id=account.id,
        platform=spec.platform,
        twin_id=twin and twin.id,
        reel_id=_id_of(Reel, source),
        avatar_video_id=_id_of(AvatarVideo, source),
        burn_in_id=_id_of(BurnIn, source),
        upload_id=_id_of(Upload, source),
        reel_url=source.url,
        copy_id=copy_id,
        script=source.script,
        title=spec.title,
        caption=spec.caption,
        options=dump_set(post_text.options(spec.platform, twin, spec.options, is_ours=is_ours)),
        held=held,
        created_at=now(),
    )
    session.add(publication)
    session.flush()
    return publication


def _id_of(table: type[Stored], source: Source) -> UUID | None:
    return source.stored.id if isinstance(source.stored, table) else None


def create_task(session: Session, publication: Publication) -> Task:
    """Create the first task of a post."""
    return tasks.create(
        session,
        workspace_id=publication.workspace_id,
        kind=KIND,
        key=str(publication.id),
        task_id=str(publication.id),
    )


def retry(session: Session, task: Task) -> Task:
    """Replace a task by a new one. Raises Conflict unless it is the newest, and failed or was canceled.

    A post that is certainly not published starts over: its video is fetched and its text is written again. It is not
    retried once that video was deleted (`video_deleted`); one that may be published is: only its next run can find out.
    After a Conflict there is no new task, also where the transaction goes on: the calendar has one for all items of a
    tick.
    """
    with session.begin_nested():
        again = tasks.retry(session, task)
        publication = session.get_one(
            Publication, UUID(task.key), populate_existing=True
        )  # no other run changes it from here
        publication.poll_at = publication.waits_until = None
        if publication.committed_at is None:
            _lock_video(session, publication)
            publication.request_id, publication.words, publication.prepared = uuid4(), None, None
        return again


def _lock_video(session: Session, publication: Publication) -> None:
    """Lock the video of a post against its deletion. Raises Conflict when it was deleted."""
    if publication.reel_url:
        return
    try:
        sources.lock(session, existing_video(session, publication))
    except NotFound as error:
        raise Conflict(
            "The video of this post was deleted.", code="video_deleted", remedy="Publish another video as a new post."
        ) from error


def get(session: Session, workspace_id: UUID, task_id: str) -> tuple[Publication, Task]:
    """A post by one of its tasks. Raises NotFound, also for another workspace's."""
    task = tasks.get(session, workspace_id, task_id)
    if task.kind != KIND:
        raise NotFound(
            f"There is no publication {task_id}.",
            code="publication_not_found",
            remedy="Send a task_id that POST /social/publish answered; GET /tasks/{task_id} reads every task.",
        )
    return session.get_one(Publication, UUID(task.key)), task


def find_other_by_post_id(session: Session, publication: Publication, post_id: str | None) -> Publication | None:
    """Another publication with this id on the same platform."""
    if post_id is None:
        return None
    query = select(Publication).where(
        Publication.platform == publication.platform,
        Publication.post_id == post_id,
        Publication.id != publication.id,
    )
    return session.scalars(query).one_or_none()


def result(publication: Publication) -> kinds.PublicationResult:
    """The result of a finished task. The platform may return the post's id later, or (for a private one) never."""
    return {
        "platform": publication.platform,
        "account_id": str(publication.account_id),
        "post_id": publication.post_id,
        "post_url": publication.post_url,
    }


def status(publication: Publication, newest: Task) -> Status:
    """The status of a post, by its newest task."""
    if publication.removed_at:
        return "removed"
    if newest.state in tasks.OPEN:
        return "publishing"
    if newest.state == "done" or publication.published_at:
        return "published"
    return "unconfirmed" if publication.committed_at else "failed"
