"""Audit logging of requests: maps operations to actions, and finds the object of each.

A POST records its event with its stored answer (`api/idempotency.py`), other methods in `Change.transaction()`. What a
scope denies is recorded by the handler of errors (`api/errors.py`).
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Depends, Request
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from api.deps import caller_of
from content_pipeline.core.infrastructure import database, rate_limits
from content_pipeline.core.infrastructure.rate_limits import Rate
from content_pipeline.core.workspaces import audit
from content_pipeline.core.workspaces.audit import Actor, Origin

# Denials that are recorded per key: a client that retries without end must not fill the log.
DENIALS: Final = Rate(60, 60)
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,100}")


@dataclass(frozen=True, slots=True)
class Action:
    """A stable name, the type of its object, and the path parameter or field of the answer that holds the object's id.

    Without one the route says which object it was, or there is none.
    """

    name: str
    object_type: str
    id_field: str | None = None


# The keys are operation ids. The names of the actions are part of the API.
ACTIONS: Final[Mapping[str, Action]] = {
    "generate": Action("captions.create", "caption", "caption_id"),
    "align": Action("captions.create", "caption", "caption_id"),
    "edit_captions": Action("captions.edit", "caption", "caption_id"),
    "burn_in": Action("captions.burn_in", "caption", "caption_id"),
    "delete_captions": Action("captions.delete", "caption", "caption_id"),
    "submit_batch": Action("batches.create", "batch", "batch_id"),
    "retry_failed_rows": Action("batches.retry", "batch", "batch_id"),
    "cancel_batch": Action("batches.cancel", "batch", "batch_id"),
    "delete_batch": Action("batches.delete", "batch", "batch_id"),
    "delete_reel": Action("reels.delete", "reel", "reel_id"),
    "generate_avatar_video": Action("avatar_videos.create", "avatar_video", "job_id"),
    "delete_avatar_video": Action("avatar_videos.delete", "avatar_video", "job_id"),
    "create_twin": Action("twins.create", "twin", "id"),
    "edit_twin": Action("twins.edit", "twin", "twin_id"),
    "delete_twin": Action("twins.delete", "twin", "twin_id"),
    "remember": Action("memories.create", "memory", "memory_id"),
    "forget": Action("memories.delete", "memory"),
    "forget_one": Action("memories.delete", "memory", "memory_id"),
    "schedule_post": Action("calendar_items.create", "calendar_item", "id"),
    "edit_item": Action("calendar_items.edit", "calendar_item", "item_id"),
    "delete_item": Action("calendar_items.delete", "calendar_item", "item_id"),
    "publish_now": Action("calendar_items.publish_now", "calendar_item", "item_id"),
    "cancel_item": Action("calendar_items.cancel", "calendar_item", "item_id"),
    "retry_item": Action("calendar_items.retry", "calendar_item", "item_id"),
    "publish": Action("publications.create", "publication", "task_id"),
    "remove_post": Action("publications.remove_post", "publication"),
    "connect_by_redirect": Action("accounts.authorize", "platform", "platform"),
    "connect": Action("accounts.authorize", "platform", "platform"),
    "disconnect": Action("accounts.disconnect", "account"),
    "cancel_task": Action("tasks.cancel", "task", "task_id"),
    "retry_task": Action("tasks.retry", "task", "task_id"),
    "ingest": Action("figures.ingest", "workspace"),
    "export_figures": Action("exports.create", "export", "task_id"),
    "create_webhook": Action("webhooks.create", "webhook", "id"),
    "edit_webhook": Action("webhooks.edit", "webhook", "webhook_id"),
    "delete_webhook": Action("webhooks.delete", "webhook", "webhook_id"),
    "rotate_webhook_secret": Action("webhooks.rotate_secret", "webhook", "webhook_id"),
    "test_webhook": Action("webhooks.test", "webhook", "webhook_id"),
    "redeliver": Action("webhooks.redeliver", "webhook", "webhook_id"),
    "upload_file": Action("uploads.create", "upload", "id"),
    "begin_multipart_upload": Action("uploads.begin", "upload", "id"),
    "complete_multipart_upload": Action("uploads.create", "upload", "upload_id"),
    "delete_upload": Action("uploads.delete", "upload", "upload_id"),
    "drop_multipart_upload": Action("uploads.drop", "upload", "upload_id"),
    "export_workspace": Action("workspace_exports.create", "workspace_export", "task_id"),
    "create_key": Action("keys.create", "key", "id"),
    "revoke_key": Action("keys.revoke", "key", "key_id"),
}


class Change:
    """A request that changes something."""

    def __init__(self, request: Request) -> None:
        self._caller = caller_of(request)
        self._action = ACTIONS[request.scope["route"].name]
        self._path = request.path_params
        self.actor = Actor("key", self._caller.key_name, self._caller.api_key_id, origin_of(request))

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A transaction whose last write is the event of this request."""
        with database.transaction() as session:
            yield session
            self.record(session, {})

    def record(self, session: Session, answer: Mapping[str, Any], *, object_id: str | None = None) -> None:
        """Record the request. `answer` is its answer, `object_id` its object if neither answer nor path says."""
        for found in [object_id] if object_id else self._ids(answer):
            audit.record(
                session, self._caller.workspace_id, self.actor, self._action.name, self._action.object_type, found
            )

    def _ids(self, answer: Mapping[str, Any]) -> list[str | None]:
        field = self._action.id_field
        if field is None:
            return [None]
        if field in self._path:
            return [_canonical(self._path[field])]
        # One post for each platform.
        return [entry[field] for entry in answer.get("results", [answer])]


def _canonical(found: str) -> str | None:
    """An id as it is stored: a UUID may be sent in other forms, while the audit log is searched by one.

    None for what is no id, which a denied request may have.
    """
    try:
        return str(UUID(found))
    except ValueError:
        return found if _ID.fullmatch(found) else None


def origin_of(request: Request) -> Origin:
    return Origin(request.client.host if request.client else None, request.state.request_id)


async def get_change(request: Request) -> Change:
    """Dependency of every route that changes something."""
    return Change(request)


ChangeDep = Annotated[Change, Depends(get_change)]


async def record_denial(request: Request) -> None:
    """Record that a key's scopes denied an action."""
    action = ACTIONS.get(request.scope["route"].name)
    if action:
        await run_in_threadpool(_record_denial, request, action)


def _record_denial(request: Request, action: Action) -> None:
    caller = caller_of(request)
    if not rate_limits.take(f"denials:{caller.api_key_id}", DENIALS).allowed:
        return
    actor = Actor("key", caller.key_name, caller.api_key_id, origin_of(request))
    object_id = request.path_params.get(action.id_field) if action.id_field else None
    with database.transaction() as session:
        audit.record(
            session,
            caller.workspace_id,
            actor,
            action.name,
            action.object_type,
            _canonical(object_id) if object_id else None,
            outcome="denied",
        )
