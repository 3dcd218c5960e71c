"""Workspaces (tenants): creation with their first key, plans, and authentication by key."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, ScalarSelect, and_, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from content_pipeline.core.errors import Invalid, NotFound
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.models import Account, ApiKey, Plan, RedirectUri, Task, Workspace
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
    if plan is not None:
        _check_plan(session, plan)
    owner = session.scalars(select(Workspace).where(Workspace.name == workspace)).one_or_none()
    if owner is None:
        owner = Workspace(id=uuid4(), name=workspace, plan=plan or _DEFAULT_PLAN, created_at=now())
        session.add(owner)
        session.flush()
    elif plan not in (None, owner.plan):
        raise Invalid(
            f"The workspace {workspace} exists and has the plan {owner.plan}.",
            code="plan_differs",
            remedy="Omit the plan. `content-pipeline workspaces plan` changes it.",
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


@dataclass(frozen=True, slots=True)
class WorkspaceView:
    """A workspace, and how many valid keys, held accounts and open tasks it has."""

    name: str
    plan: str
    created_at: datetime
    keys: int
    accounts: int
    open_tasks: int


def list_all(session: Session) -> Sequence[WorkspaceView]:
    """All workspaces by name."""

    def count(table: type[ApiKey | Account | Task], condition: ColumnElement[bool]) -> ScalarSelect[int]:
        return select(func.count()).where(table.workspace_id == Workspace.id, condition).scalar_subquery()

    is_valid = and_(ApiKey.revoked_at.is_(None), or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > now()))
    counted = (
        count(ApiKey, is_valid),
        count(Account, Account.status.in_(["connected", "needs_reconnect"])),
        count(Task, Task.state.in_(["queued", "processing", "waiting"])),
    )
    query = select(Workspace.name, Workspace.plan, Workspace.created_at, *counted).order_by(Workspace.name)
    return [WorkspaceView(*row) for row in session.execute(query)]


def change_plan(session: Session, name: str, plan: str) -> str:
    """Give a workspace another plan. Returns the one that it had. Raises NotFound, Invalid for an unknown plan."""
    _check_plan(session, plan)
    workspace = named(session, name)
    before, workspace.plan = workspace.plan, plan
    audit.record(session, workspace.id, audit.OPERATOR, "workspaces.plan", "workspace", workspace.id)
    return before


def _check_plan(session: Session, plan: str) -> None:
    known = [each.name for each in plans(session)]
    if plan not in known:
        raise Invalid(
            f"There is no plan named {plan}.", code="unknown_plan", remedy=f"Choose one of: {', '.join(known)}."
        )


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
