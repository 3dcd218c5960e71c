"""Publishing: a video to the accounts of several platforms."""

import tempfile
from http import HTTPStatus
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse
from sqlalchemy.orm import Session
from starlette.background import BackgroundTask

from api.deps import CallerDep
from api.idempotency import PUBLIC_PATH, IdempotentDep
from api.schemas.problems import problems
from api.schemas.publishing import (
    DryRunResults,
    DryRunView,
    PublicationAccepted,
    PublicationView,
    PublishAccepted,
    PublishRequest,
)
from content_pipeline.core.database import autocommit
from content_pipeline.core.errors import Invalid
from content_pipeline.core.models import Twin
from content_pipeline.core.publishing import dry_run, publications
from content_pipeline.core.publishing.publications import Source
from content_pipeline.core.reels import reels
from content_pipeline.core.tasks import dagster_client, tasks
from content_pipeline.core.twins import twins
from content_pipeline.core.workspaces.workspaces import Caller

router = APIRouter(prefix="/social/publish", tags=["social"])


@router.post(
    "",
    status_code=HTTPStatus.ACCEPTED,
    response_model=PublishAccepted,
    responses={
        200: {"model": DryRunResults, "description": "With `dry_run`"},
        **problems(403, 404, 409, 413, 415, 502),
    },
)
def publish(
    asked: PublishRequest,
    caller: CallerDep,
    idempotent: IdempotentDep,
    is_dry_run: Annotated[
        bool, Query(alias="dry_run", description="Send nothing; say what would keep each post from going out")
    ] = False,
) -> Response:
    """Post a video on each platform, as a task of its own; each goes out once, or says why not."""
    if is_dry_run:
        return _rehearse(asked, caller)
    with idempotent.transaction() as session:
        entered = publications.create_all(
            session,
            caller.workspace_id,
            twin=_twin(session, caller, asked),
            source=_source(session, caller, asked),
            specs=asked.specs(),
        )
        body = PublishAccepted(
            results=[
                PublicationAccepted(
                    platform=publication.platform,
                    account_id=publication.account_id,
                    task_id=task.id,
                    status=tasks.wire_status(task),
                )
                for publication, task in entered
            ]
        )
        answer = idempotent.accepted(session, body, location=f"{PUBLIC_PATH}/social/publish/{entered[0][1].id}")
    answer.background = BackgroundTask(dagster_client.launch_runs, *(task for _, task in entered))
    return answer


def _rehearse(asked: PublishRequest, caller: Caller) -> Response:
    with autocommit() as session:
        twin, source = _twin(session, caller, asked), _source(session, caller, asked)
    with tempfile.TemporaryDirectory() as folder:
        video = dry_run.fetch_video(source, Path(folder), max_bytes=caller.plan.upload_bytes)
        rehearsed = [dry_run.check_post(caller.workspace_id, twin, source, video, spec) for spec in asked.specs()]
    return JSONResponse(DryRunResults(results=[DryRunView.of(one) for one in rehearsed]).model_dump(mode="json"))


def _twin(session: Session, caller: Caller, asked: PublishRequest) -> Twin | None:
    return twins.get(session, caller.workspace_id, asked.twin_id) if asked.twin_id else None


def _source(session: Session, caller: Caller, asked: PublishRequest) -> Source:
    if (asked.reel_url is None) == (asked.reel_id is None):
        raise Invalid(
            "A post has one video.", code="source_ambiguous", remedy="Send reel_url or reel_id, and not both."
        )
    reel = reels.get(session, caller.workspace_id, asked.reel_id) if asked.reel_id else None
    return Source(reel, asked.reel_url)


@router.get("/{job_id}", responses=problems(404))
def get_publication(job_id: str, caller: CallerDep) -> PublicationView:
    """How a post stands; when it is done, `result` has its link."""
    with autocommit() as session:
        publication, task = publications.get(session, caller.workspace_id, job_id)
        result = publications.result(session, task) if task.state == "done" else None
        newest = tasks.newest(session, publications.KIND, task.key)
        return PublicationView.of_try(publication, task, newest, result)
