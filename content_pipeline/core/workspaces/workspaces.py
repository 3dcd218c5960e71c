"""Workspaces (tenants): creation with their first key, plans, and authentication by key."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from content_pipeline.core.clock import now
from content_pipeline.core.errors import Invalid, NotFound
from content_pipeline.core.models import ApiKey, Plan, RedirectUri, Workspace
from content_pipeline.core.workspaces import api_keys, audit
from content_pipeline.core.workspaces.caller import Caller
from content_pipeline.core.workspaces.scopes import ALL, Scope

_DEFAULT_PLAN: Final = "studio"


def create_key(
    session: Session,
    *,
    workspace: str,
    plan: str | None = None,
    redirect_uris: Iterable[str] = (),
    name: str = "unnamed",
    scopes: Collection[Scope] = ALL,
    expires_at: datetime | None = None,
) -> str:
    """Create an API key of a workspace, which is created if need be, and return its text, which is not stored.

    A new workspace without a `plan` gets the default one. `redirect_uris` are added to the workspace's allowed OAuth
    redirect targets. Raises Invalid for an unknown plan, a plan other than the workspace has, a URI that is no absolute
    http(s) URL, and an expiry in the past.
    """
    if plan is not None and session.get(Plan, plan) is None:
        known = ", ".join(session.scalars(select(Plan.name).order_by(Plan.name)))
        raise Invalid(f"There is no plan named {plan}.", code="unknown_plan", remedy=f"Choose one of: {known}.")
    owner = session.scalars(select(Workspace).where(Workspace.name == workspace)).one_or_none()
    if owner is None:
        owner = Workspace(id=uuid4(), name=workspace, plan=plan or _DEFAULT_PLAN, created_at=now())
        session.add(owner)
        session.flush()
    elif plan not in (None, owner.plan):
        raise Invalid(
            f"The workspace {workspace} exists and has the plan {owner.plan}.",
            code="plan_differs",
            remedy="Omit the plan. To change it, update the workspace's row in the table workspaces.",
        )
    for uri in redirect_uris:
        _allow_redirect(session, owner.id, uri)
    key, shown = api_keys.create(session, owner.id, name=name, scopes=scopes, expires_at=expires_at)
    audit.record(session, owner.id, audit.OPERATOR, "keys.create", "key", key.id)
    return shown


def authenticate(session: Session, key: str) -> Caller:
    """The caller that a key belongs to. Raises Unauthorized when it is malformed, unknown, revoked or expired."""
    query = (
        select(ApiKey, Plan)
        .join(Workspace, Workspace.id == ApiKey.workspace_id)
        .join(Plan, Plan.name == Workspace.plan)
        .where(ApiKey.sha256 == api_keys.digest(key), ApiKey.revoked_at.is_(None))
    )
    found = session.execute(query).one_or_none() if api_keys.is_well_formed(key) else None
    if found is None:
        raise api_keys.invalid_key()
    row, plan = found
    caller = Caller(row.id, row.workspace_id, plan, row.name, frozenset(map(Scope, row.scopes)), row.expires_at)
    caller.check_not_expired()
    return caller


def named(session: Session, name: str) -> Workspace:
    """The workspace of this name. Raises NotFound."""
    found = session.scalars(select(Workspace).where(Workspace.name == name)).one_or_none()
    if found is None:
        raise NotFound(
            f"There is no workspace {name}.",
            code="workspace_not_found",
            remedy="Create its first key with `keys create`.",
        )
    return found


def plan_of(session: Session, workspace_id: UUID) -> Plan:
    """The plan of an existing workspace."""
    return session.scalars(
        select(Plan).join(Workspace, Workspace.plan == Plan.name).filter(Workspace.id == workspace_id)
    ).one()


def plans(session: Session) -> Sequence[Plan]:
    return session.scalars(select(Plan).order_by(Plan.name)).all()


def _allow_redirect(session: Session, workspace_id: UUID, uri: str) -> None:
    parts = urlsplit(uri)
    if parts.scheme not in ("http", "https") or not parts.hostname or "#" in uri:
        raise Invalid(
            f"{uri} is not a valid redirect URI.",
            code="redirect_uri_invalid",
            remedy="Give an absolute http(s) URL without a fragment.",
        )
    session.execute(insert(RedirectUri).values(workspace_id=workspace_id, uri=uri).on_conflict_do_nothing())
