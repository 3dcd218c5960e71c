"""Publishes a video to accounts on several platforms."""

import tempfile
from http import HTTPStatus
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse
from sqlalchemy.orm import Session
from starlette.background import BackgroundTask

from api.audit import ChangeDep
from api.background_tasks import launch_runs
from api.deps import CallerDep, PublisherDep
from api.idempotency import IdempotentDep
from api.json_routes import JsonRoute
from api.limits.concurrency.bulkhead import in_bulkhead
from api.paths import PUBLIC_PATH
from api.schemas.problems import problems
from api.schemas.publishing import (
    DryRunResults,
    DryRunView,
    PublicationAccepted,
    PublicationView,
    PublishAccepted,
    PublishRequest,
)
from api.upload_routes import TEMPORARY_SPACE
from content_pipeline.core.infrastructure.database import autocommit
from content_pipeline.core.library import sources
from content_pipeline.core.models import Twin
from content_pipeline.core.publishing import dry_run, publications, removal
from content_pipeline.core.tasks import tasks
from content_pipeline.core.twins import twins
from content_pipeline.core.workspaces.caller import Caller

router = APIRouter(prefix="/social/publish", tags=["social"], route_class=JsonRoute)
publications_router = APIRouter(prefix="/social/publications", tags=["social"], route_class=JsonRoute)


@router.post(
    "",
    status_code=HTTPStatus.ACCEPTED,
    response_model=PublishAccepted,
    responses={
        200: {"model": DryRunResults, "description": "With `dry_run`"},
        **problems(403, 404, 409, 413, 415, 502, 503),
    },
)
@in_bulkhead()
def publish(
    body: PublishRequest,
    caller: PublisherDep,
    idempotent: IdempotentDep,
    is_dry_run: Annotated[
        bool, Query(alias="dry_run", description="Publish nothing; list the problems that would prevent each post")
    ] = False,
) -> Response:
    """Publish a video on each platform, one task per platform. Each task publishes at most once."""
    if is_dry_run:
        return _dry_run(body, caller)
    with idempotent.transaction() as session:
        created = publications.create_with_tasks(
            session,
            caller.workspace_id,
            twin=_twin(session, caller, body),
            source=sources.resolve(session, caller.workspace_id, body.source_ids()),
            specs=body.specs(),
        )
        accepted = PublishAccepted(
            results=[
                PublicationAccepted(
                    platform=publication.platform,
                    account_id=publication.account_id,
                    task_id=task.id,
                    status=tasks.wire_status(task),
                )
                for publication, task in created
            ]
        )
        response = idempotent.accepted(session, accepted, location=f"{PUBLIC_PATH}/social/publish/{created[0][1].id}")
    response.background = BackgroundTask(launch_runs, *(task for _, task in created))
    return response


def _dry_run(body: PublishRequest, caller: Caller) -> Response:
    with autocommit() as session:
        twin = _twin(session, caller, body)
        source = sources.resolve(session, caller.workspace_id, body.source_ids())
    room = dry_run.room(source)
    with TEMPORARY_SPACE.reserved(room), tempfile.TemporaryDirectory() as folder:
        video = dry_run.fetch_video(caller.workspace_id, source, Path(folder), max_bytes=caller.plan.upload_bytes)
        results = [dry_run.check_post(caller.workspace_id, twin, source, video, spec) for spec in body.specs()]
    return JSONResponse(DryRunResults(results=[DryRunView.of(result) for result in results]).model_dump(mode="json"))


def _twin(session: Session, caller: Caller, body: PublishRequest) -> Twin | None:
    return twins.get(session, caller.workspace_id, body.twin_id) if body.twin_id else None


@router.get("/{job_id}", responses=problems(404))
def get_publication(job_id: str, caller: CallerDep) -> PublicationView:
    """Get the status of a post; `result` has its link when it is done."""
    with autocommit() as session:
        publication, task = publications.get(session, caller.workspace_id, job_id)
        result = publications.result(publication) if task.state == "done" else None
        newest = tasks.newest(session, publications.KIND, task.key)
        return PublicationView.of_attempt(publication, task, newest, result)


@publications_router.delete("/{job_id}/post", status_code=HTTPStatus.NO_CONTENT, responses=problems(404, 409, 502, 503))
@in_bulkhead()
def remove_post(job_id: str, caller: PublisherDep, change: ChangeDep) -> None:
    """Take a published post down on YouTube or LinkedIn; its figures stay, and repeating it is harmless.

    After a 502 the outcome is unknown, and the removal is repeated here for up to a day.

    409 `removal_unsupported` on Instagram and TikTok, which let no app do that.
    """
    removal.remove_post(caller.workspace_id, job_id, by=change.actor)
