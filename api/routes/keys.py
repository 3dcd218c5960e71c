"""API keys of the workspace: creation, list, revocation."""

from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request, Response

from api.audit import ChangeDep
from api.caller_cache import CallerCache
from api.deps import AdminDep, Cursor, Limit
from api.idempotency import IdempotentDep
from api.json_routes import JsonRoute
from api.pagination import link_next
from api.paths import PUBLIC_PATH
from api.schemas.keys import KeyCreated, KeyRequest, KeyView
from api.schemas.problems import problems
from content_pipeline.core.infrastructure.database import autocommit
from content_pipeline.core.workspaces import api_keys

router = APIRouter(prefix="/keys", tags=["keys"], route_class=JsonRoute)


@router.post("", status_code=HTTPStatus.CREATED, response_model=KeyCreated)
def create_key(body: KeyRequest, caller: AdminDep, idempotent: IdempotentDep) -> Response:
    """Create an API key, which may do no more and no longer than yours. It is shown only now."""
    with idempotent.transaction() as session:
        key, text = api_keys.create_as(session, caller, name=body.name, scopes=body.scopes, expires_at=body.expires_at)
        view = KeyCreated(**dict(KeyView.model_validate(key)), key=text)
        return idempotent.created(session, view, location=f"{PUBLIC_PATH}/keys/{key.id}")


@router.get("")
def list_keys(
    request: Request, response: Response, caller: AdminDep, limit: Limit = 50, cursor: Cursor = None
) -> list[KeyView]:
    """List the workspace's keys, newest first. Revoked and expired ones stay in it."""
    with autocommit() as session:
        page, next_cursor = api_keys.list_page(session, caller.workspace_id, limit=limit, cursor=cursor)
    link_next(request, response, next_cursor)
    return [KeyView.model_validate(key) for key in page]


@router.get("/{key_id}", responses=problems(404))
def get_key(key_id: UUID, caller: AdminDep) -> KeyView:
    """Get one key."""
    with autocommit() as session:
        return KeyView.model_validate(api_keys.get(session, caller.workspace_id, key_id))


@router.delete("/{key_id}", status_code=HTTPStatus.NO_CONTENT, responses=problems(404, 409))
def revoke_key(key_id: UUID, caller: AdminDep, change: ChangeDep, request: Request) -> None:
    """Revoke a key, yours too: it is refused from now on. The last valid key with the scope `admin` cannot be."""
    with change.transaction() as session:
        api_keys.revoke_as(session, caller, key_id)
    callers: CallerCache = request.app.state.callers
    callers.forget(key_id)
