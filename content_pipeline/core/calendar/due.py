"""Due work of the calendar: claims items, copies the videos of URLs when they are scheduled, creates videos and held
publications ahead of time, publishes on time, records outcomes.

Called by the sensors of the calendar (`sensors/calendar.py`).
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, Subquery, and_, func, not_, or_, select, text
from sqlalchemy.orm import Session

from content_pipeline.core.avatars import avatar_videos
from content_pipeline.core.calendar import actions, copies
from content_pipeline.core.calendar.states import move
from content_pipeline.core.errors import Error, InternalError
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import UNREACHABLE
from content_pipeline.core.infrastructure.error_isolation import isolated
from content_pipeline.core.models import Account, CalendarItem, Task
from content_pipeline.core.platforms.registry import PLATFORMS
from content_pipeline.core.publishing import publications
from content_pipeline.core.reels import reels
from content_pipeline.core.settings import Lane, settings
from content_pipeline.core.tasks import kinds, tasks
from content_pipeline.core.tasks.kinds import Kind

log = structlog.get_logger()

BROKEN: Final = InternalError(
    "Something went wrong on our side.",
    code="item_broken",
    remedy="Check the options of the item and of its twin, then retry the item.",
)
Outcome = Literal["ready", "published", "failed"]
# The outcome of an item, by its status and the state of its task.
_OUTCOMES: Final[dict[tuple[str, str], Outcome]] = {
    ("rendering", "done"): "ready",
    ("rendering", "error"): "failed",
    ("rendering", "canceled"): "failed",
    ("publishing", "done"): "published",
    ("publishing", "error"): "failed",
    ("publishing", "canceled"): "failed",
}
# A post that is due sooner gains nothing; and the tick at its time must not meet its row locked, which it would skip.
_MIN_AHEAD: Final = timedelta(seconds=10)
# For each of its slots in the `io` lane, a workspace may have this many runs of its posts open before more are started.
# The other posts wait here. With 10,000 in Dagster's queue, which is read once a second, nothing else would be
# dequeued. Fewer for posts that are prepared, so that due ones always find a place.
_OPEN_PER_SLOT: Final = 8
_PREPARED_PER_SLOT: Final = 4
# A workspace's videos are copied in half of the slots, as nobody waits for them. With two runs for each slot they took
# both of two cores for a second at a time: on a machine of half the speed reads of another key took 5.3 times as long,
# and take 2.9 to 3.3 times (bench noisy-neighbor).
_SLOTS_PER_COPY: Final = 2
_SCHEDULED: Final = (CalendarItem.status == "scheduled", CalendarItem.deleted_at.is_(None))
# This is `actions.has_video` in SQL.
_HAS_VIDEO: Final = or_(
    CalendarItem.publication_id.is_not(None),
    CalendarItem.reel_id.is_not(None),
    CalendarItem.avatar_video_id.is_not(None),
    CalendarItem.burn_in_id.is_not(None),
    CalendarItem.upload_id.is_not(None),
    CalendarItem.reel_url.is_not(None),
)


def start_videos(session: Session, *, most: int) -> list[Task]:
    """Create the videos of up to `most` items that are due soon. Returns the tasks to start."""
    near = now() + timedelta(seconds=settings().render_ahead_seconds)
    items = _claim(session, not_(_HAS_VIDEO), CalendarItem.scheduled_at <= near, most=most)
    return [task for item in items for task in _start(session, item, actions.render)]


def start_posts(session: Session, *, most: int) -> tuple[int, list[Task]]:
    """Create the publications of up to `most` due items, of workspaces that have not too many runs yet.

    Returns how many items these are, and the tasks to start.

    An item without a connected account fails, with the reason.
    """
    most_open = _OPEN_PER_SLOT * settings().slots_io
    items = _claim(session, _HAS_VIDEO, CalendarItem.scheduled_at <= now(), most=most, most_open=most_open)
    return len(items), [task for item in items for task in _start(session, item, actions.publish)]


def prepare_posts(session: Session, *, most: int) -> list[Task]:
    """Create the held publications of up to `most` items that are due soon, of workspaces that have not too many runs
    yet. Returns the tasks to start.

    An item that cannot be prepared is left as it is: it fails at its time, unless it is changed before.
    """
    usable = select(Account.id).where(Account.id == CalendarItem.account_id, Account.status == "connected").exists()
    items = _claim(
        session,
        _HAS_VIDEO,
        CalendarItem.platform.in_([name for name, spec in PLATFORMS.items() if spec.prepares_ahead]),
        CalendarItem.publication_id.is_(None),
        usable,
        CalendarItem.scheduled_at > now() + _MIN_AHEAD,
        CalendarItem.scheduled_at <= now() + timedelta(seconds=settings().prepare_ahead_seconds),
        most=most,
        most_open=_PREPARED_PER_SLOT * settings().slots_io,
    )
    prepared = []
    for item in items:
        with isolated("calendar_preparations", item.id), session.begin_nested():
            prepared += actions.prepare(session, item)
    return prepared


def copy_videos(session: Session, *, most: int) -> list[Task]:
    """Begin to copy the videos of up to `most` items that name them by a URL, of workspaces that have not too many runs
    yet. Returns the tasks to start."""
    items = _claim(
        session,
        CalendarItem.reel_url.is_not(None),
        CalendarItem.copy_id.is_(None),
        CalendarItem.publication_id.is_(None),
        CalendarItem.scheduled_at > now() + _MIN_AHEAD,
        most=most,
        most_open=max(settings().slots_io // _SLOTS_PER_COPY, 1),
        kind=kinds.VIDEO_COPY,
    )
    begun = []
    for item in items:
        with isolated("calendar_copies", item.id), session.begin_nested():
            begun.append(copies.begin(session, item))
    return begun


def next_moment(session: Session, *, within: timedelta) -> datetime | None:
    """When the next item becomes due; None if not `within` this time."""
    soon = and_(CalendarItem.scheduled_at > now(), CalendarItem.scheduled_at <= now() + within)
    return session.scalar(select(func.min(CalendarItem.scheduled_at)).where(*_SCHEDULED, soon))


def _start(session: Session, item: CalendarItem, work: Callable[[Session, CalendarItem], list[Task]]) -> list[Task]:
    """The tasks of one item. An item that cannot be started fails alone, and does not block the others."""
    try:
        with session.begin_nested():
            return work(session, item)
    except UNREACHABLE:
        raise
    except Error as error:
        reason = error
    except Exception:  # for example an option of its twin that only an older release knows
        log.exception("item_broken", item_id=str(item.id))
        reason = BROKEN
    move(session, item, "failed", reason=reason)
    return []


def _claim(
    session: Session,
    *conditions: ColumnElement[bool],
    most: int,
    most_open: int | None = None,
    kind: Kind | None = None,
) -> Sequence[CalendarItem]:
    """The first scheduled items that meet these conditions, locked; of each workspace one in turn (round-robin), which
    begins with those that have the fewest runs in the `io` lane, of this `kind` or of all; with `most_open`, none of
    one that has so many.

    Otherwise ten thousand items of one workspace at one moment would hold up all others. A concurrent call gets others:
    locked rows are skipped.
    """
    claimable = (*_SCHEDULED, *conditions)
    if not session.scalar(select(select(CalendarItem.id).where(*claimable).exists())):
        return []  # mostly, each second: in 0.4 ms; the query below takes 2.1 ms to find nothing
    # Without statistics (shortly after thousands of items were created), PostgreSQL expects one row on each side and
    # compares each with each: a tick took more than a minute.
    session.execute(text("set local enable_nestloop = off"))
    first, runs = (CalendarItem.scheduled_at, CalendarItem.id), _runs_by_workspace("io", kind)
    number = func.row_number().over(partition_by=CalendarItem.workspace_id, order_by=first)
    turn = (number + func.coalesce(runs.c.runs, 0)).label("turn")
    turns = (
        select(CalendarItem.id, turn)
        .outerjoin(runs, runs.c.workspace_id == CalendarItem.workspace_id)
        .where(*claimable)
        .subquery()
    )
    query = (
        select(CalendarItem)
        .join(turns, turns.c.id == CalendarItem.id)
        .where(*claimable, *([turns.c.turn <= most_open] if most_open else []))
        .order_by(turns.c.turn, *first)
        .limit(most)
    )
    claimed = session.scalars(query.with_for_update(of=CalendarItem, skip_locked=True)).all()
    session.execute(text("set local enable_nestloop = default"))  # for the rest of the transaction
    return claimed


def _runs_by_workspace(lane: Lane, kind: Kind | None) -> Subquery:
    """`runs`: how many single tasks of each `workspace_id` have a run in this lane, or are to get one within seconds.

    Rows of a batch are not counted: single tasks overtake them in the queue.
    """
    has_run = or_(Task.state == "processing", Task.not_before <= now() + tasks.START_LEASE)
    counted = select(Task.workspace_id, func.count().label("runs")).where(
        Task.lane == lane,
        Task.state.in_(tasks.OPEN),
        Task.parent_id.is_(None),
        has_run,
        *([Task.kind == kind.name] if kind else []),
    )
    return counted.group_by(Task.workspace_id).subquery()


def record_outcomes(session: Session) -> None:
    """Record videos and publications that are done or have failed."""
    at_work = select(CalendarItem).where(
        CalendarItem.status.in_(["rendering", "publishing"]), CalendarItem.deleted_at.is_(None)
    )
    items = session.scalars(at_work.with_for_update(skip_locked=True)).all()
    newest = _newest_tasks(session, items)
    for item in items:
        if task := newest.get(item.id):
            with isolated("calendar_outcomes", item.id), session.begin_nested():
                _record(session, item, task)


def _record(session: Session, item: CalendarItem, task: Task) -> None:
    match outcome(item, task):
        case "ready":
            move(session, item, "scheduled")
        case "published":
            move(session, item, "published")
        case "failed":
            assert task.error
            move(session, item, "failed", reason=Error.of(task.error))
        case None:
            pass


def outcome(item: CalendarItem, at_work: Task) -> Outcome | None:
    """The outcome of an item by the newest task of its video or publication; None while that is open."""
    return _OUTCOMES.get((item.status, at_work.state))


def _newest_tasks(session: Session, items: Sequence[CalendarItem]) -> dict[UUID, Task]:
    """The newest task of each item's video or publication, by item id."""
    reeled = {str(item.reel_id): item.id for item in items if item.status == "rendering" and item.reel_id}
    spoken = {str(item.avatar_video_id): item.id for item in items if item.status == "rendering" and not item.reel_id}
    posted = {str(item.publication_id): item.id for item in items if item.status == "publishing"}
    return {
        **{reeled[key]: task for key, task in tasks.newest_of(session, reels.KIND, reeled).items()},
        **{spoken[key]: task for key, task in tasks.newest_of(session, avatar_videos.KIND, spoken).items()},
        **{posted[key]: task for key, task in tasks.newest_of(session, publications.KIND, posted).items()},
    }
