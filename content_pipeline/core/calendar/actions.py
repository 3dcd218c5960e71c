"""Actions on calendar items: create and cancel the video, create and retry the publication."""

from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from content_pipeline.core.avatars import avatar_videos
from content_pipeline.core.avatars.avatar_videos import AvatarSpec
from content_pipeline.core.calendar import item_sources
from content_pipeline.core.calendar.states import CHANGEABLE, move
from content_pipeline.core.errors import Conflict, Invalid
from content_pipeline.core.models import AvatarVideo, CalendarItem, MadeVideo, Publication, Reel, Task, Twin
from content_pipeline.core.models.calendar import VideoKind
from content_pipeline.core.platforms.accounts import accounts
from content_pipeline.core.platforms.registry import PLATFORMS
from content_pipeline.core.publishing import holding, publications
from content_pipeline.core.publishing.publications import PostSpec
from content_pipeline.core.reels import reels
from content_pipeline.core.reels.reel_spec import ReelSpec
from content_pipeline.core.tasks import cancellation, tasks


def has_video(item: CalendarItem) -> bool:
    """Whether the item has a video: one made of its script (finished or not), or one of its own.

    One with a publication needs none: a video that was deleted is not posted again, its run looks whether it is out.
    """
    return bool(item.publication_id or item_sources.ids(item).given())


def kind_of_video(item: CalendarItem, twin: Twin) -> VideoKind:
    """The kind of video that is made of the item's script: its own, else the twin's."""
    return item.make or twin.make


def made_video(session: Session, item: CalendarItem) -> tuple[MadeVideo, Task] | None:
    """The video that was made of the item's script, with its newest task.

    None before that, where it is given, and once it is deleted.
    """
    if item.is_video_given:
        return None
    if item.avatar_video_id:
        video: MadeVideo = session.get_one(AvatarVideo, item.avatar_video_id)
        return video, tasks.newest(session, avatar_videos.KIND, str(video.id))
    if item.reel_id:
        video = session.get_one(Reel, item.reel_id)
        return video, tasks.newest(session, reels.KIND, str(video.id))
    return None


def discard_video(item: CalendarItem) -> None:
    """Have the video made anew, unless it is given."""
    if not item.is_video_given:
        item.reel_id = item.avatar_video_id = None


def render(session: Session, item: CalendarItem) -> list[Task]:
    """Create the video of a locked item. Returns the task to start.

    Raises Invalid `source_missing` for an item whose named video was deleted, and that has no script, and as
    `avatar_videos.create` does.
    """
    if not item.script:
        raise Invalid("There is nothing to post.", code="source_missing", remedy="Give it a script, or another video.")
    item.is_video_given = False
    twin = session.get_one(Twin, item.twin_id)
    if kind_of_video(item, twin) == "avatar":
        avatar = AvatarSpec(script=item.script, platform=item.platform)
        video = avatar_videos.create(session, twin, avatar)
        item.avatar_video_id, task = video.id, avatar_videos.create_task(session, video)
    else:
        spec = ReelSpec(script=item.script, platform=item.platform, voice_id=twin.voice_id, title=item.title)
        reel = reels.create(session, twin, spec)
        item.reel_id, task = reel.id, reels.create_task(session, reel)
    move(session, item, "rendering")
    return [task]


def stop_rendering(session: Session, item: CalendarItem) -> list[Task]:
    """Cancel the open task of an item's video. Returns the task whose run is to end, if there is one."""
    made = made_video(session, item)
    if made is None:
        return []
    _, task = made
    return [task] if task.state in tasks.OPEN and cancellation.try_cancel(session, task) else []


def post_spec(item: CalendarItem) -> PostSpec:
    """The post spec of an item."""
    options = PLATFORMS[item.platform].options.model_validate(item.options)
    return PostSpec(item.platform, item.account_id, item.title, item.caption, options)


def publish(session: Session, item: CalendarItem) -> list[Task]:
    """Create the publication of a locked item that has its video. Returns the task to start, if there is one.

    A retry keeps the item's publication: with a second one, both could be posted. Raises as `accounts.choose`,
    `holding.release` and `item_sources.source` do, and Conflict when the video of that publication was deleted.
    """
    if item.publication_id:
        move(session, item, "publishing")
        return _release_or_retry(session, item.publication_id)
    task = _create_publication(session, item)
    move(session, item, "publishing")
    return [task]


def prepare(session: Session, item: CalendarItem) -> list[Task]:
    """Create the publication of a locked item that has its video, held until `publish`. Returns the task to start.

    Raises as `accounts.choose` and `item_sources.source` do.
    """
    return [_create_publication(session, item, held=True)]


def _create_publication(session: Session, item: CalendarItem, *, held: bool = False) -> Task:
    twin = session.get_one(Twin, item.twin_id)
    account = accounts.choose(session, item.workspace_id, item.platform, item.account_id, twin)
    # The spec was checked when the item was scheduled. A check resolves host names, and a sensor tick has a minute.
    publication = publications.create(
        session,
        account,
        twin,
        item_sources.source(session, item),
        post_spec(item),
        request_id=uuid4(),
        copy_id=item.copy_id,
        held=held,
    )
    item.account_id, item.publication_id = account.id, publication.id
    return publications.create_task(session, publication)


def _release_or_retry(session: Session, publication_id: UUID) -> list[Task]:
    if task := holding.release(session, publication_id):
        return [task]
    try:
        return [publications.retry(session, tasks.newest(session, publications.KIND, str(publication_id)))]
    except Conflict as error:
        if error.code == "video_deleted":
            raise
        return []  # it is still being prepared, or was itself retried: its run publishes it


def held_post(session: Session, item: CalendarItem) -> Publication | None:
    """The publication of the item while it is held."""
    publication = session.get(Publication, item.publication_id) if item.publication_id else None
    return publication if publication and publication.held else None


def withdraw_post(session: Session, item: CalendarItem) -> list[Task]:
    """Withdraw and detach the held publication of a locked item. Returns the tasks whose runs are to end."""
    publication = held_post(session, item)
    if publication is None:
        return []
    item.publication_id = None
    return holding.withdraw(session, publication.id)


def retry_post(session: Session, task: Task) -> Task:
    """Retry a publication, and move its calendar item along. Raises Conflict, also for one that was withdrawn.

    An item that stayed `failed` or `canceled` while its post is published would be scheduled again by its owner. A held
    post is prepared again, and published at the time of its item.
    """
    posted = select(CalendarItem).where(
        CalendarItem.publication_id == UUID(task.key), CalendarItem.deleted_at.is_(None)
    )
    # Locked in any status: a sensor tick may be about to record that the earlier attempt failed.
    item = session.scalars(posted.with_for_update()).one_or_none()
    again = publications.retry(session, task)
    is_held = session.get_one(Publication, UUID(task.key)).held
    if is_held and item is None:
        raise Conflict(
            "This post was prepared for a calendar item that has changed since.",
            code="post_withdrawn",
            remedy="Nothing to do: the item is published with its changes.",
        )
    if item and item.status in CHANGEABLE:
        if item.status != "scheduled":
            move(session, item, "scheduled")
        if not is_held:
            move(session, item, "publishing")
    return again


def post_status(session: Session, item: CalendarItem) -> publications.Status | None:
    """The status of the item's publication; None without one."""
    if item.publication_id is None:
        return None
    task = tasks.newest(session, publications.KIND, str(item.publication_id))
    return publications.status(session.get_one(Publication, item.publication_id), task)
