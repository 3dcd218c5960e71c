"""The content calendar: posts that go out at their times."""

from datetime import UTC, date, datetime, time, timedelta
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks, Query, Request, Response
from sqlalchemy.orm import Session
from starlette.background import BackgroundTask

from api.deps import CallerDep, Cursor, Limit
from api.idempotency import PUBLIC_PATH, IdempotentDep
from api.pagination import link_next
from api.schemas.calendar import ItemDetail, ItemEdit, ItemRequest, ItemView
from api.schemas.problems import problems
from api.schemas.times import Day, Moment
from content_pipeline.core.calendar import items
from content_pipeline.core.database import autocommit, transaction
from content_pipeline.core.models import CalendarItem, Publication, Reel
from content_pipeline.core.models.calendar import Status
from content_pipeline.core.platforms.registered import Platform
from content_pipeline.core.publishing import publications
from content_pipeline.core.reels import reels
from content_pipeline.core.tasks import dagster_client, tasks

router = APIRouter(prefix="/content/calendar", tags=["calendar"])

Bound = Annotated[Moment | Day | None, Query(description="A time with an offset, or a day (UTC)")]


@router.post("", status_code=HTTPStatus.CREATED, response_model=ItemDetail, responses=problems(404, 409))
def schedule_post(asked: ItemRequest, caller: CallerDep, idempotent: IdempotentDep) -> Response:
    """Schedule a post: of a script, whose reel is made ahead of the time, or of a video of your own."""
    with idempotent.transaction() as session:
        item = items.create(session, caller.workspace_id, asked.to_fields())
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
    """The workspace's items, the latest first; a day as `to_date` counts whole."""
    with autocommit() as session:
        page, following = items.list_page(
            session,
            caller.workspace_id,
            limit=limit,
            cursor=cursor,
            platform=platform,
            status=status,
            twin_id=twin_id,
            from_date=_moment(from_date),
            to_date=_moment(to_date, end=True),
        )
        posts = items.posts_of(session, page)
    link_next(request, response, following)
    return [ItemView.of(item, posts.get(item.publication_id)) for item in page]


def _moment(day: datetime | date | None, *, end: bool = False) -> datetime | None:
    if day is None or isinstance(day, datetime):
        return day
    begin = datetime.combine(day, time(), UTC)
    return begin + timedelta(days=1, microseconds=-1) if end else begin


@router.get("/{item_id}", responses=problems(404))
def get_item(item_id: UUID, caller: CallerDep) -> ItemDetail:
    """One item, with its reel as soon as it is made."""
    with autocommit() as session:
        return _detail(session, items.get(session, caller.workspace_id, item_id))


@router.patch("/{item_id}", responses=problems(404, 409))
def edit_item(item_id: UUID, edited: ItemEdit, caller: CallerDep) -> ItemDetail:
    """Change an item that is not on its way; when its words change, its reel is made anew."""
    with transaction() as session:
        item = items.get(session, caller.workspace_id, item_id, lock=True)
        items.edit(session, item, edited.to_fields())
        session.flush()
        return _detail(session, item)


@router.delete("/{item_id}", status_code=HTTPStatus.NO_CONTENT, responses=problems(404, 409))
def delete_item(item_id: UUID, caller: CallerDep, background: BackgroundTasks) -> None:
    """Delete an item; what is published stays published."""
    with transaction() as session:
        canceled = items.delete(session, items.get(session, caller.workspace_id, item_id, lock=True))
    background.add_task(dagster_client.cancel_runs, *canceled)


@router.post(
    "/{item_id}/publish-now", status_code=HTTPStatus.ACCEPTED, response_model=ItemDetail, responses=problems(404, 409)
)
def publish_now(item_id: UUID, caller: CallerDep, idempotent: IdempotentDep) -> Response:
    """Make an item due at once that is planned for later."""
    with idempotent.transaction() as session:
        item = items.get(session, caller.workspace_id, item_id, lock=True)
        asked = items.publish_now(session, item)
        answer = idempotent.accepted(session, _detail(session, item), location=_location(item))
    answer.background = BackgroundTask(dagster_client.launch_runs, *asked)
    return answer


@router.post(
    "/{item_id}/cancel", status_code=HTTPStatus.ACCEPTED, response_model=ItemDetail, responses=problems(404, 409)
)
def cancel_item(item_id: UUID, caller: CallerDep, idempotent: IdempotentDep) -> Response:
    """Keep an item from going out; a retry schedules it again."""
    with idempotent.transaction() as session:
        item = items.get(session, caller.workspace_id, item_id, lock=True)
        canceled = items.cancel(session, item)
        answer = idempotent.accepted(session, _detail(session, item), location=_location(item))
    answer.background = BackgroundTask(dagster_client.cancel_runs, *canceled)
    return answer


@router.post(
    "/{item_id}/retry", status_code=HTTPStatus.ACCEPTED, response_model=ItemDetail, responses=problems(404, 409)
)
def retry_item(item_id: UUID, caller: CallerDep, idempotent: IdempotentDep) -> Response:
    """Schedule an item again that failed or was canceled; when its time has passed, it goes out at once."""
    with idempotent.transaction() as session:
        item = items.get(session, caller.workspace_id, item_id, lock=True)
        items.retry(session, item)
        return idempotent.accepted(session, _detail(session, item), location=_location(item))


def _location(item: CalendarItem) -> str:
    return f"{PUBLIC_PATH}/content/calendar/{item.id}"


def _detail(session: Session, item: CalendarItem) -> ItemDetail:
    reel = session.get(Reel, item.reel_id) if item.reel_id else None
    post = session.get(Publication, item.publication_id) if item.publication_id else None
    return ItemDetail.with_work(
        item,
        reel=(reel, tasks.newest(session, reels.KIND, str(reel.id))) if reel else None,
        post=(post, tasks.newest(session, publications.KIND, str(post.id))) if post else None,
        conflicts=items.conflicts(session, item),
    )
