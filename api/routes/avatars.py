"""Avatar videos: an avatar that speaks a script."""

from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks, Response
from sqlalchemy.orm import Session
from starlette.background import BackgroundTask

from api.audit import ChangeDep
from api.background_tasks import launch_runs
from api.deletion import finish_deletion
from api.deps import CallerDep
from api.idempotency import IdempotentDep
from api.json_routes import JsonRoute
from api.limits.concurrency.bulkhead import in_bulkhead
from api.schemas.avatars import AvatarAccepted, AvatarAcceptedWithSecret, AvatarRequest, AvatarVideoView, AvatarView
from api.schemas.problems import problems
from content_pipeline.core.avatars import avatar_catalog, avatar_videos
from content_pipeline.core.errors import Invalid
from content_pipeline.core.infrastructure.database import autocommit
from content_pipeline.core.library import sources
from content_pipeline.core.operations.maintenance import deletion
from content_pipeline.core.settings import settings
from content_pipeline.core.tasks import tasks
from content_pipeline.core.twins import twins
from content_pipeline.core.webhooks import endpoints
from content_pipeline.core.workspaces.caller import Caller

router = APIRouter(tags=["avatars"], route_class=JsonRoute)


@router.get("/avatars", responses=problems(502, 503))
@in_bulkhead()
def list_avatars(_: CallerDep) -> list[AvatarView]:
    """List the avatars that a video may have."""
    return [AvatarView.model_validate(avatar) for avatar in avatar_catalog.avatars(settings().avatar_provider)]


@router.post(
    "/multimodal/avatar/generate",
    status_code=HTTPStatus.ACCEPTED,
    response_model=AvatarAcceptedWithSecret | AvatarAccepted,
    responses=problems(403, 404, 409, 502, 503),
)
@in_bulkhead()
def generate_avatar_video(body: AvatarRequest, caller: CallerDep, idempotent: IdempotentDep) -> Response:
    """Render a video of an avatar that speaks a script: 10 credits for each second of it, billed when it is done."""
    with autocommit() as session:
        twin = twins.get(session, caller.workspace_id, body.twin_id)
    avatar_videos.check(twin, body.to_spec())  # it may ask HeyGen, and no connection waits for that
    with idempotent.transaction() as session:
        spec = body.to_spec(_background(session, caller, body))
        video = avatar_videos.create(session, twins.get(session, caller.workspace_id, body.twin_id), spec)
        task = avatar_videos.create_task(session, video)
        accepted = AvatarAccepted.of(video, task)
        if body.webhook_url:
            session.flush()
            secret = endpoints.create_for_task(session, caller.workspace_id, task.id, body.webhook_url)
            accepted = AvatarAcceptedWithSecret(**dict(accepted), webhook_secret=secret)
        response = idempotent.task_accepted(session, accepted, task_id=task.id)
    response.background = BackgroundTask(launch_runs, task)
    return response


def _background(session: Session, caller: Caller, body: AvatarRequest) -> str | None:
    """The location of the file behind the avatar."""
    if body.background_url and body.background_id:
        raise Invalid(
            "The request has two backgrounds.",
            code="source_ambiguous",
            remedy="Send background_url or background_id, not both.",
        )
    if body.background_id:
        kinds = sources.BACKGROUND
        return sources.find_any(session, caller.workspace_id, body.background_id, kinds=kinds).location
    if body.background_url:
        found = sources.resolve_link(session, caller.workspace_id, body.background_url, kinds=sources.BACKGROUND)
        return found.location
    return None


@router.get("/multimodal/avatar/{job_id}", responses=problems(404))
def get_avatar_video(job_id: UUID, caller: CallerDep) -> AvatarVideoView:
    """Get an avatar video and the state of its newest task; `result` is set once it is done."""
    with autocommit() as session:
        video = avatar_videos.get(session, caller.workspace_id, job_id)
        task = tasks.newest(session, avatar_videos.KIND, str(video.id))
        result = avatar_videos.result(video) if task.state == "done" else None
    return AvatarVideoView.of(video, task, result)


@router.delete("/multimodal/avatar/{job_id}", status_code=HTTPStatus.NO_CONTENT, responses=problems(404, 409))
@in_bulkhead()
def delete_avatar_video(job_id: UUID, caller: CallerDep, change: ChangeDep, background: BackgroundTasks) -> None:
    """Delete an avatar video; an unfinished one is canceled, published posts stay on their platforms.

    409 `in_use` while a planned item or an open post is of it, or an open task needs its file.
    """
    with change.transaction() as session:
        deleted = deletion.delete_avatar_video(session, caller.workspace_id, job_id)
    finish_deletion(deleted, background)
