"""Analytics: daily metrics, summaries, post rankings, best posting times, audiences, ingestion and exports."""

from http import HTTPStatus
from typing import Annotated, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool

from api.background_tasks import launch_runs
from api.deps import CallerDep, Limit
from api.idempotency import IdempotentDep
from api.json_routes import JsonRoute, LargeJsonRoute
from api.limits.concurrency.concurrency_limit import client_of
from api.limits.volume_limits import VolumeLimit
from api.schemas.analytics import (
    AudienceView,
    BestTimesView,
    DayView,
    ExportRequest,
    IngestAnswer,
    IngestRequest,
    PostView,
    SummaryView,
)
from api.schemas.problems import problems
from api.schemas.tasks import TaskAccepted
from api.schemas.times import TimeZone
from content_pipeline.core.analytics import (
    audiences,
    best_times,
    exports,
    first_readings,
    ingestion,
    local_days,
    ranking,
)
from content_pipeline.core.analytics.figures import DAYS_KEPT, Selection
from content_pipeline.core.analytics.ranking import Order
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.platforms.insights import Metric
from content_pipeline.core.platforms.pydantic_types import Platform
from content_pipeline.core.tasks import tasks
from content_pipeline.core.workspaces.caller import Caller

# Reading tasks beside 20 requests a second for posts took 3.5 times as long, and takes 1.4 times (99 %;
# bench/noisy_neighbor.py).
READS: Final = VolumeLimit("figures", "reads", most=30, seconds=15)
# Two years of four platforms in another time zone compute for 40 ms, a month for 5. Beside 30 reads of two years in
# 15 s, reading tasks took 2.4 times as long.
DAYS: Final = VolumeLimit("figures", "days", most=5 * DAYS_KEPT, seconds=15)
# Those of 20 accounts compute for 20 ms, other figures for 5: beside 30 in 15 s, reading tasks took 2.2 times as long,
# and takes 1.6 times.
BEST_TIMES: Final = VolumeLimit("best times", "reads", most=10, seconds=15)
# Each starts a run: beside 20 a second reading tasks took 8.9 times as long.
EXPORTS: Final = VolumeLimit("figures", "exports", most=10)
# Of a workspace one export is written at a time (`is_serial` in core/tasks/kinds.py): 358,000 rows in 1.5 s, beside
# which reading tasks takes 2.5 times as long, and 2.2 with all processes that take part at the lowest priority.
EXPORTED_ROWS: Final = VolumeLimit("exports", "rows", most=500_000)

router = APIRouter(prefix="/analytics", tags=["analytics"], route_class=JsonRoute)
large_router = APIRouter(prefix="/analytics", tags=["analytics"], route_class=LargeJsonRoute)


def _selection(
    caller: CallerDep,
    _: Annotated[None, Depends(READS.count)],
    platform: Annotated[Platform | None, Query(description="Only this platform; all if left out")] = None,
    days: Annotated[int, Query(ge=1, description="The last days, today included")] = 30,
    twin_id: Annotated[UUID | None, Query(description="Only posts that were published as this twin")] = None,
) -> Selection:
    return Selection(caller.workspace_id, days, platform, twin_id)


SelectionDep = Annotated[Selection, Depends(_selection)]


async def _count_days(request: Request, asked: SelectionDep) -> Selection:
    await DAYS.take(client_of(request), min(asked.days, DAYS_KEPT))
    return asked


DailyDep = Annotated[Selection, Depends(_count_days)]
DaysIn = Annotated[TimeZone, Query(description="Whose days are meant: a name of the IANA database")]


@router.get("/social", responses=problems(404))
def list_figures(asked: DailyDep, timezone: DaysIn = "UTC") -> list[DayView]:
    """List the figures of each platform by day, oldest first, with every day present: ready for a chart.

    Accounts are read when they are connected, and every six hours. Today's figures are those so far. Where a platform
    gives totals only, a day is the growth between readings. Days of another time zone than UTC have their share of the
    days that are known.
    """
    zone = ZoneInfo(timezone)
    with transaction() as session:
        days, expected = local_days.list_days(session, asked, zone), first_readings.expected(session, asked, zone)
    return [DayView.of(day, expected.get(day.platform)) for day in days]


@router.get("/social/summary", responses=problems(404))
def summarize_figures(asked: SelectionDep, timezone: DaysIn = "UTC") -> SummaryView:
    """Get the totals of a period, of the period before it, and what changed: of each platform, and of all together."""
    zone = ZoneInfo(timezone)
    with transaction() as session:
        summary, expected = local_days.summarize(session, asked, zone), first_readings.expected(session, asked, zone)
    return SummaryView.of_summary(summary, max(expected.values(), default=None))


@router.get("/posts", responses=problems(404))
def list_posts(
    asked: SelectionDep,
    by: Annotated[Metric, Query(description="The figure that the posts are ranked by")] = "views",
    order: Annotated[Order, Query(description="Which come first")] = "best",
    limit: Limit = 50,
) -> list[PostView]:
    """List the posts that were published in the last days, best or worst first, with their totals.

    Posts that were made elsewhere are among them where the platform lists them. Posts of which the platform does not
    give the figure are left out.
    """
    with transaction() as session:
        return [PostView.of(post) for post in ranking.rank(session, asked, by=by, order=order, limit=limit)]


@router.get("/audience", responses=problems(404))
def list_audiences(asked: SelectionDep) -> list[AudienceView]:
    """List the audience of each account by age group, country and gender, as last read.

    Platforms tell it only from a number of followers on.
    """
    with transaction() as session:
        return [AudienceView.of(audience) for audience in audiences.list_audiences(session, asked)]


@router.get("/best-times", responses=problems(404), dependencies=[Depends(BEST_TIMES.count)])
def list_best_times(
    asked: SelectionDep,
    timezone: Annotated[TimeZone, Query(description="Of the hours: a name of the IANA database")] = "UTC",
    limit: Annotated[int, Query(ge=1, le=168, description="Hours per account")] = 10,
) -> list[BestTimesView]:
    """List the hours of the week at which each account's posts did best, by the posts of the last days.

    The more posts speak for an hour, the surer it is: `confidence` says how sure.
    """
    with transaction() as session:
        found = best_times.best_times(session, asked, zone=ZoneInfo(timezone), limit=limit)
    return [BestTimesView.of(account) for account in found]


@large_router.post("/ingest", response_model=IngestAnswer, responses=problems(404))
def ingest(body: IngestRequest, caller: CallerDep, idempotent: IdempotentDep) -> Response:
    """Send figures of days that you know otherwise, for what a platform does not tell or you may not fetch.

    They are marked as external, and count where the platform says nothing itself. A day that is sent again replaces
    what was sent before. Either all rows are stored or none; the figures show them within minutes.
    """
    with idempotent.transaction() as session:
        ingestion.ingest(session, caller.workspace_id, [row.to_core() for row in body.rows])
        return idempotent.ok(session, IngestAnswer(rows=len(body.rows)))


def _exported(body: ExportRequest, caller: Caller) -> Selection:
    return Selection(caller.workspace_id, body.days, body.platform, body.twin_id)


def _rows(body: ExportRequest, caller: Caller) -> int:
    with transaction() as session:
        return exports.count_rows(session, _exported(body, caller), grain=body.grain, most=caller.plan.export_rows)


async def _count_exported_rows(body: ExportRequest, request: Request, caller: CallerDep) -> None:
    rows = await run_in_threadpool(_rows, body, caller)
    await EXPORTED_ROWS.take(client_of(request), min(rows, EXPORTED_ROWS.most))


@router.post(
    "/social/export",
    status_code=HTTPStatus.ACCEPTED,
    response_model=TaskAccepted,
    responses=problems(403, 404),
    dependencies=[Depends(EXPORTS.count), Depends(_count_exported_rows)],
)
def export_figures(body: ExportRequest, caller: CallerDep, idempotent: IdempotentDep) -> Response:
    """Export the figures of days as a file: a row per account and day, or per post and day.

    Poll the task. `result.download_url` is valid until `expires_at`, one hour; each reading of the task gives a fresh
    one. The file is deleted after a day.
    """
    with idempotent.transaction() as session:
        _, task = exports.create_with_task(session, _exported(body, caller), format=body.format, grain=body.grain)
        response = idempotent.task_accepted(
            session, TaskAccepted(task_id=task.id, status=tasks.wire_status(task)), task_id=task.id
        )
    response.background = BackgroundTask(launch_runs, task)
    return response
