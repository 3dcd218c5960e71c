"""Calendar items: scheduled posts, validated, listed, edited, canceled and retried.

An item has a script, from which a video is rendered shortly before, or a video that its client names. It is published
at its time. `due.py` selects due items, `states.py` holds the state machine, `actions.py` creates videos and posts,
`item_sources.py` reads the names of videos, `copies.py` copies those of URLs.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from pydantic import ValidationError
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from content_pipeline.core.avatars import avatar_videos
from content_pipeline.core.avatars.avatar_videos import AvatarSpec
from content_pipeline.core.calendar import actions, best_slots, copies, item_sources
from content_pipeline.core.calendar.states import CHANGEABLE, PLANNED, move, record_status
from content_pipeline.core.errors import Conflict, Error, Invalid, PlanLimit, pointer
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.net import link_expiry
from content_pipeline.core.infrastructure.pagination import newest_first
from content_pipeline.core.models import CalendarItem, Publication, Task, Twin
from content_pipeline.core.models.calendar import Status
from content_pipeline.core.platforms.accounts import accounts
from content_pipeline.core.platforms.options import dump_set
from content_pipeline.core.platforms.registry import PLATFORMS
from content_pipeline.core.publishing import publications
from content_pipeline.core.reels import reels
from content_pipeline.core.reels.reel_spec import valid_script
from content_pipeline.core.speech import voice_selection
from content_pipeline.core.tasks import tasks
from content_pipeline.core.twins import twins
from content_pipeline.core.workspaces import workspaces
from content_pipeline.core.workspaces.ownership import owned

# Accepts "now" from clients whose clocks are slow.
MAX_LATENESS: Final = timedelta(minutes=1)
# A later date is a typing error; the year 9999 would overflow datetime.
MAX_AHEAD: Final = timedelta(days=3650)
# Posts of one account that are closer than this are reported as conflicts, at most so many.
CONFLICT_WINDOW: Final = timedelta(minutes=1)
MAX_CONFLICTS: Final = 20
# Fields that the video is made of: a change of these discards the video.
VIDEO_FIELDS: Final = frozenset({"title", "script", "platform", "twin_id", "make"})
# Fields that decide the account.
ACCOUNT_FIELDS: Final = frozenset({"platform", "twin_id", "account_id"})

CANCELED: Final = Error("The item was canceled.", code="canceled", remedy="Retry it if this was a mistake.")
TWIN_DELETED: Final = Error(
    "The twin of this item was deleted.", code="twin_deleted", remedy="Give it another twin, then retry it."
)


def create(session: Session, workspace_id: UUID, fields: Mapping[str, Any]) -> CalendarItem:
    """Create an item from the fields that a client sets.

    `scheduled_at` is a time or `best_slots.BEST`; one of the names of a source may be among them. Raises Invalid,
    NotFound for a twin, an account or captions that are not there, PlanLimit, and what `best_slots.pick` and
    `sources.resolve` raise.
    """
    given = {"options": {}, **item_sources.columns(session, workspace_id, fields)}
    wanted = given.pop("scheduled_at")
    item = CalendarItem(id=uuid4(), workspace_id=workspace_id, status="scheduled", created_at=now(), **given)
    # Locked: if the twin were deleted in between, its deletion would not cancel this item.
    twin = twins.get(session, workspace_id, item.twin_id, lock=True)
    _check_plan(session, workspace_id)
    _check_publishable(session, item, twin)
    item.account_id = _choose_account(session, item, twin, item.account_id)
    _schedule(session, item, wanted)
    _check_link(session, item)
    session.add(item)
    session.flush()
    record_status(session, item)
    return item


def get(session: Session, workspace_id: UUID, item_id: UUID, *, lock: bool = False) -> CalendarItem:
    """Raises NotFound."""
    return owned(session, CalendarItem, workspace_id, item_id, lock="update" if lock else None)


def list_page(
    session: Session,
    workspace_id: UUID,
    *,
    limit: int,
    cursor: str | None = None,
    platform: str | None = None,
    status: Status | None = None,
    twin_id: UUID | None = None,
    from_date: datetime | None = None,
    to_date: datetime | None = None,
) -> tuple[list[CalendarItem], str | None]:
    """Items of a workspace, latest first, and the cursor of the next page (None on the last)."""
    query = select(CalendarItem).where(CalendarItem.workspace_id == workspace_id, CalendarItem.deleted_at.is_(None))
    wanted = {CalendarItem.platform: platform, CalendarItem.status: status, CalendarItem.twin_id: twin_id}
    query = query.where(*(column == value for column, value in wanted.items() if value is not None))
    if from_date:
        query = query.where(CalendarItem.scheduled_at >= from_date)
    if to_date:
        query = query.where(CalendarItem.scheduled_at <= to_date)
    return newest_first(session, query, CalendarItem, limit=limit, cursor=cursor, by="scheduled_at")


def posts_of(session: Session, items: Sequence[CalendarItem]) -> dict[UUID | None, Publication]:
    """The publications of these items, by id."""
    wanted = [item.publication_id for item in items if item.publication_id]
    return {post.id: post for post in session.scalars(select(Publication).where(Publication.id.in_(wanted)))}


def conflicts(session: Session, item: CalendarItem) -> list[UUID]:
    """Other planned items of the same account within a minute of this one; none unless this one is planned.

    An item without an account yet conflicts with every account of its platform.
    """
    if item.status not in PLANNED:
        return []
    query = select(CalendarItem.id).where(
        CalendarItem.workspace_id == item.workspace_id,
        CalendarItem.platform == item.platform,
        CalendarItem.id != item.id,
        CalendarItem.status.in_(PLANNED),
        CalendarItem.deleted_at.is_(None),
        CalendarItem.scheduled_at > item.scheduled_at - CONFLICT_WINDOW,
        CalendarItem.scheduled_at < item.scheduled_at + CONFLICT_WINDOW,
    )
    if item.account_id:
        query = query.where(or_(CalendarItem.account_id == item.account_id, CalendarItem.account_id.is_(None)))
    return list(session.scalars(query.order_by(CalendarItem.scheduled_at, CalendarItem.id).limit(MAX_CONFLICTS)))


def edit(session: Session, item: CalendarItem, changes: Mapping[str, Any]) -> list[Task]:
    """Change a locked item. Returns tasks whose runs are to end: those of a post or of a copy that were begun already.

    Raises Conflict while it is rendered or published, and as `create` does.
    """
    if item.status not in CHANGEABLE:
        raise Conflict(
            f"This item is {item.status}, and cannot be changed now.",
            code=f"item_{item.status}",
            remedy="Cancel it, or try again later.",
        )
    changes = item_sources.columns(session, item.workspace_id, changes, item)
    changed = {name for name, value in changes.items() if getattr(item, name) != value}
    withdrawn = actions.withdraw_post(session, item) if changed else []
    if changed - {"scheduled_at"}:
        _detach_publication(session, item)
    # A new twin is locked, as in `create`. The old one is not: a deletion of it waits for this item.
    twin = twins.get(session, item.workspace_id, changes.get("twin_id", item.twin_id), lock="twin_id" in changed)
    if "reel_url" in changed:
        withdrawn += copies.discard(session, item)
    for name in changed - {"account_id", "scheduled_at"}:
        setattr(item, name, changes[name])
    _check_publishable(session, item, twin)
    if changed & ACCOUNT_FIELDS:
        before, item.account_id = item.account_id, _choose_account(session, item, twin, changes.get("account_id"))
        if item.account_id != before:
            item.scheduled_because = None  # it was about that account
    if "scheduled_at" in changed:
        _schedule(session, item, changes["scheduled_at"])
    if changed & {"reel_url", "scheduled_at"}:
        _check_link(session, item)
    if changed & VIDEO_FIELDS:
        actions.discard_video(item)
    return withdrawn


def _detach_publication(session: Session, item: CalendarItem) -> None:
    """Detach the publication of a changed item. Raises Conflict when it is, or may be, published."""
    status = actions.post_status(session, item)
    if status not in (None, "failed"):
        raise Conflict(
            "The post of this item is, or may be, published.",
            code=f"post_{status}",
            remedy="Retry the item, which checks the account first; or delete it and schedule another.",
        )
    item.publication_id = None


def publish_now(session: Session, item: CalendarItem) -> list[Task]:
    """Make a locked item due now. Returns the task to start: its publication, or its video if there is none yet.

    Raises Conflict when it is due already or will not be published, and as `actions.publish` does.
    """
    if item.status not in ("scheduled", "rendering"):
        raise Conflict(
            f"This item is {item.status}.", code=f"item_{item.status}", remedy="Get the item to see its status."
        )
    if item.scheduled_at <= now():
        raise Conflict("This item is due already.", code="item_due", remedy="Nothing to do: it is being started.")
    item.scheduled_at, item.scheduled_because = now(), None
    if item.status == "rendering":
        return []
    if actions.has_video(item):
        return actions.publish(session, item)
    return actions.render(session, item)


def cancel(session: Session, item: CalendarItem, reason: Error = CANCELED) -> list[Task]:
    """Cancel a locked item, and the tasks of its video and of its held post. Returns tasks whose runs are to end.

    Raises Conflict.
    """
    withdrawn = actions.withdraw_post(session, item)
    move(session, item, "canceled", reason=reason)
    return [*withdrawn, *actions.stop_rendering(session, item)]


def retry(session: Session, item: CalendarItem) -> None:
    """Schedule a failed or canceled, locked item again; it is due at once if its time has passed.

    Raises Conflict, also as `best_slots.pick` does, NotFound when its twin was deleted, and PlanLimit.
    """
    twins.get(session, item.workspace_id, item.twin_id, lock=True)
    if item.status not in PLANNED:
        _check_plan(session, item.workspace_id)
    if item.scheduled_because and item.scheduled_at > now():  # another one may have taken its time
        _schedule(session, item, best_slots.BEST)
    actions.withdraw_post(session, item)  # a person canceled its task, which failed the item
    move(session, item, "scheduled")
    post = actions.post_status(session, item)
    made = actions.made_video(session, item)
    if post in ("publishing", "published"):  # the publication itself was retried
        move(session, item, "publishing")
    elif made and made[1].state in tasks.OPEN:  # or the video was
        move(session, item, "rendering")
    elif made and made[1].state != "done":
        actions.discard_video(item)


def delete(session: Session, item: CalendarItem) -> list[Task]:
    """Delete a locked item. Returns tasks whose runs are to end. Raises Conflict while it is being published."""
    if item.status == "publishing":
        raise Conflict("This item is being published.", code="item_publishing", remedy="Wait until it is published.")
    item.deleted_at = now()
    stopped = [*actions.withdraw_post(session, item), *actions.stop_rendering(session, item)]
    return [*stopped, *copies.discard(session, item)]


def cancel_items_of(session: Session, twin: Twin) -> list[Task]:
    """Cancel the planned items of a deleted twin. Returns tasks whose runs are to end."""
    planned = select(CalendarItem).where(
        CalendarItem.twin_id == twin.id,
        CalendarItem.status.in_(["scheduled", "rendering"]),
        CalendarItem.deleted_at.is_(None),
    )
    items = session.scalars(planned.order_by(CalendarItem.id).with_for_update()).all()
    return [task for item in items for task in cancel(session, item, TWIN_DELETED)]


def is_rendered_by(session: Session, task: Task) -> bool:
    """Whether a task renders the video of an item: the item fails with it."""
    videos = {reels.KIND: CalendarItem.reel_id, avatar_videos.KIND: CalendarItem.avatar_video_id}
    if task.kind not in videos:
        return False
    query = select(CalendarItem.id).where(
        videos[task.kind] == UUID(task.key), CalendarItem.status == "rendering", CalendarItem.deleted_at.is_(None)
    )
    return session.scalars(query.limit(1)).first() is not None


def _check_plan(session: Session, workspace_id: UUID) -> None:
    """Raises PlanLimit when the workspace has as many open items as its plan allows."""
    allowed = workspaces.plan_of(session, workspace_id).open_items
    query = select(func.count()).where(
        CalendarItem.workspace_id == workspace_id, CalendarItem.status.in_(PLANNED), CalendarItem.deleted_at.is_(None)
    )
    if session.scalars(query).one() >= allowed:
        raise PlanLimit(
            f"Your plan allows {allowed:,} items that are not published yet.",
            code="plan_limit",
            remedy="Wait until some are published, cancel those that you do not need, or choose a larger plan.",
        )


def _check_publishable(session: Session, item: CalendarItem, twin: Twin) -> None:
    """Raises Invalid, NotFound for an item that could never be published."""
    if item.script:
        valid_script(item.script)
    if item.is_video_given:
        pass  # checked when it was named
    elif item.script and actions.kind_of_video(item, twin) == "avatar":
        avatar_videos.check(twin, AvatarSpec(script=item.script))
    elif item.script:
        voice_selection.choose_voice(twin.voice_id, item.script)
    else:
        raise Invalid(
            "There is nothing to post.",
            code="source_missing",
            remedy="Send a script, or a video: a reel_id, avatar_job_id, caption_id, upload_id or reel_url.",
        )
    item.options = _validate_options(item.options, item.platform)
    publications.check_spec(session, item.workspace_id, twin, actions.post_spec(item))


def _choose_account(session: Session, item: CalendarItem, twin: Twin, wanted: UUID | None) -> UUID | None:
    """The account of the item; None while no account of its platform is connected: one may be later."""
    try:
        return accounts.choose(session, item.workspace_id, item.platform, wanted, twin).id
    except Invalid as error:
        if error.code == "account_missing" and wanted is None:
            return None
        raise


def _validate_options(options: Mapping[str, Any], platform: str) -> dict[str, Any]:
    """The options as stored. Raises Invalid for options that the platform does not have."""
    try:
        return dump_set(PLATFORMS[platform].options.model_validate(options))
    except ValidationError as error:
        raise Invalid(
            f"These options do not fit {platform}.",
            code="options_invalid",
            remedy="Correct what `errors` lists.",
            errors=[
                {"in": "body", "pointer": pointer(["options", *fault["loc"]]), "detail": fault["msg"]}
                for fault in error.errors()
            ],
        ) from error


def _schedule(session: Session, item: CalendarItem, wanted: datetime | str) -> None:
    """Set the time of an item whose account is known: the one that is wanted, or the best one."""
    if isinstance(wanted, datetime):
        _check_time(wanted)
        item.scheduled_at, item.scheduled_because = wanted, None
    else:
        item.scheduled_at, item.scheduled_because = best_slots.pick(session, item)


def _check_link(session: Session, item: CalendarItem) -> None:
    """Raises Invalid `link_expired` for a link that says that it will have expired at the item's time, unless it is
    copied already."""
    if item.reel_url and not copies.is_made(session, item):
        link_expiry.check(item.reel_url, needed_at=item.scheduled_at)


def _check_time(scheduled_at: datetime) -> None:
    if scheduled_at < now() - MAX_LATENESS:
        raise Invalid("This time has passed.", code="time_passed", remedy="Give a future time, or publish it now.")
    if scheduled_at > now() + MAX_AHEAD:
        raise Invalid("This time is more than ten years away.", code="time_far", remedy="Check the year.")
