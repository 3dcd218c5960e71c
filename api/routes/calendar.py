"""Content calendar: posts scheduled for a time."""

from datetime import UTC, date, datetime, time, timedelta
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks, Query, Request, Response
from sqlalchemy.orm import Session
from starlette.background import BackgroundTask

from api.audit import ChangeDep
from api.background_tasks import cancel_runs, launch_runs
from api.deps import CallerDep, Cursor, Limit, PublisherDep
from api.idempotency import IdempotentDep
from api.json_routes import JsonRoute
from api.limits.concurrency.bulkhead import in_bulkhead
from api.pagination import link_next
from api.paths import PUBLIC_PATH
from api.schemas.calendar import ItemDetail, ItemEdit, ItemRequest, ItemView
from api.schemas.problems import problems
from api.schemas.times import Day, UtcDatetime
from content_pipeline.core.calendar import actions, copies, item_sources, items
from content_pipeline.core.infrastructure.database import autocommit
from content_pipeline.core.models import CalendarItem, Publication
from content_pipeline.core.models.calendar import Status
from content_pipeline.core.platforms.pydantic_types import Platform
from content_pipeline.core.publishing import publications
from content_pipeline.core.tasks import tasks

router = APIRouter(prefix="/content/calendar", tags=["calendar"], route_class=JsonRoute)

Bound = Annotated[UtcDatetime | Day | None, Query(description="A time with an offset, or a date (UTC)")]


@router.post("", status_code=HTTPStatus.CREATED, response_model=ItemDetail, responses=problems(403, 404, 409, 502, 503))
@in_bulkhead()
def schedule_post(body: ItemRequest, caller: PublisherDep, idempotent: IdempotentDep) -> Response:
    """Schedule a post: of a script, whose video is rendered ahead of time, or of a video that you name."""
    with idempotent.transaction() as session:
        item = items.create(session, caller.workspace_id, body.to_fields())
        return idempotent.created(session, _detail(session, item), location=_location(item))


@router.get("")
def list_items(
    request: Request,
    response: Response,
    caller: CallerDep,
    platform: Platform | None = None,
    status: Status | None = None,
    twin_id: UUID | None = None,
    from_date: Bound = None,
    to_date: Bound = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> list[ItemView]:
    """List the workspace's items, latest time first; a date as `to_date` includes the whole day."""
    with autocommit() as session:
        page, next_cursor = items.list_page(
            session,
            caller.workspace_id,
            limit=limit,
            cursor=cursor,
            platform=platform,
            status=status,
            twin_id=twin_id,
            from_date=_to_datetime(from_date),
            to_date=_to_datetime(to_date, end=True),
        )
        posts = items.posts_of(session, page)
    link_next(request, response, next_cursor)
    return [ItemView.of(item, posts.get(item.publication_id)) for item in page]


def _to_datetime(bound: datetime | date | None, *, end: bool = False) -> datetime | None:
    if bound is None or isinstance(bound, datetime):
        return bound
    midnight = datetime.combine(bound, time(), UTC)
    return midnight + timedelta(days=1, microseconds=-1) if end else midnight


@router.get("/{item_id}", responses=problems(404))
def get_item(item_id: UUID, caller: CallerDep) -> ItemDetail:
    """Get one item, with its video once that is stored here."""
    with autocommit() as session:
        return _detail(session, items.get(session, caller.workspace_id, item_id))


@router.patch("/{item_id}", responses=problems(404, 409, 502, 503))
@in_bulkhead()
def edit_item(
    item_id: UUID, body: ItemEdit, caller: PublisherDep, change: ChangeDep, background: BackgroundTasks
) -> ItemDetail:
    """Edit an item that is not being published; a new script renders a new reel."""
    with change.transaction() as session:
        item = items.get(session, caller.workspace_id, item_id, lock=True)
        withdrawn = items.edit(session, item, body.to_fields())
        session.flush()
        detail = _detail(session, item)
    background.add_task(cancel_runs, *withdrawn)
    return detail


@router.delete("/{item_id}", status_code=HTTPStatus.NO_CONTENT, responses=problems(404, 409))
def delete_item(item_id: UUID, caller: PublisherDep, change: ChangeDep, background: BackgroundTasks) -> None:
    """Delete an item; a post that is published stays on its platform."""
    with change.transaction() as session:
        canceled = items.delete(session, items.get(session, caller.workspace_id, item_id, lock=True))
    background.add_task(cancel_runs, *canceled)


@router.post(
    "/{item_id}/publish-now", status_code=HTTPStatus.ACCEPTED, response_model=ItemDetail, responses=problems(404, 409)
)
def publish_now(item_id: UUID, caller: PublisherDep, idempotent: IdempotentDep) -> Response:
    """Publish a scheduled item now."""
    with idempotent.transaction() as session:
        item = items.get(session, caller.workspace_id, item_id, lock=True)
        started = items.publish_now(session, item)
        response = idempotent.accepted(session, _detail(session, item), location=_location(item))
    response.background = BackgroundTask(launch_runs, *started)
    return response


@router.post(
    "/{item_id}/cancel", status_code=HTTPStatus.ACCEPTED, response_model=ItemDetail, responses=problems(404, 409)
)
def cancel_item(item_id: UUID, caller: PublisherDep, idempotent: IdempotentDep) -> Response:
    """Cancel an item; a retry schedules it again."""
    with idempotent.transaction() as session:
        item = items.get(session, caller.workspace_id, item_id, lock=True)
        canceled = items.cancel(session, item)
        response = idempotent.accepted(session, _detail(session, item), location=_location(item))
    response.background = BackgroundTask(cancel_runs, *canceled)
    return response


@router.post(
    "/{item_id}/retry", status_code=HTTPStatus.ACCEPTED, response_model=ItemDetail, responses=problems(403, 404, 409)
)
def retry_item(item_id: UUID, caller: PublisherDep, idempotent: IdempotentDep) -> Response:
    """Reschedule a failed or canceled item; if its time has passed, it is published now."""
    with idempotent.transaction() as session:
        item = items.get(session, caller.workspace_id, item_id, lock=True)
        items.retry(session, item)
        return idempotent.accepted(session, _detail(session, item), location=_location(item))


def _location(item: CalendarItem) -> str:
    return f"{PUBLIC_PATH}/content/calendar/{item.id}"


def _detail(session: Session, item: CalendarItem) -> ItemDetail:
    made = actions.made_video(session, item)
    is_prepared = actions.held_post(session, item) is not None  # it is scheduled all the same
    post = session.get(Publication, item.publication_id) if item.publication_id and not is_prepared else None
    return ItemDetail.with_work(
        item,
        made=made and made[1],
        video_url=item_sources.video_url(session, item),
        copy=copies.newest_task(session, item),
        post=(post, tasks.newest(session, publications.KIND, str(post.id))) if post else None,
        conflicts=items.conflicts(session, item),
    )
