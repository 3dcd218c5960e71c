"""Workspaces (tenants) and their API keys.

A key is `sk_`, 32 random bytes and their checksum. The database stores only its SHA-256: 256 random bits need no salt
and no slow hash. The checksum rejects mistyped and invented keys without a query.
"""

import secrets
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from content_pipeline.core.clock import now
from content_pipeline.core.errors import Invalid, NotFound, Unauthorized
from content_pipeline.core.models import ApiKey, Plan, RedirectUri, Workspace

PREFIX: Final = "sk_"
_CHECKSUM_CHARACTERS: Final = 8
_DEFAULT_PLAN: Final = "studio"


@dataclass(frozen=True)
class Caller:
    """The API key and workspace of a request, with the workspace's plan."""

    api_key_id: UUID
    workspace_id: UUID
    plan: Plan


def create_key(session: Session, *, workspace: str, plan: str | None = None, redirect_uris: Iterable[str] = ()) -> str:
    """Create an API key of a workspace, which is created if need be, and return its text, which is not stored.

    A new workspace without a `plan` gets the default one. `redirect_uris` are added to the workspace's allowed OAuth
    redirect targets. Raises Invalid for an unknown plan, a plan other than the workspace has, and a URI that is no
    absolute http(s) URL.
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
    body = secrets.token_urlsafe(32)
    key = f"{PREFIX}{body}{checksum(body)}"
    session.add(ApiKey(workspace_id=owner.id, sha256=digest(key), hint=key[-4:], created_at=now()))
    return key


def authenticate(session: Session, key: str) -> Caller:
    """The caller that a key belongs to. Raises Unauthorized when it is malformed, unknown or revoked."""
    query = (
        select(ApiKey.id, Workspace.id, Plan)
        .join(Workspace, Workspace.id == ApiKey.workspace_id)
        .join(Plan, Plan.name == Workspace.plan)
        .where(ApiKey.sha256 == digest(key), ApiKey.revoked_at.is_(None))
    )
    found = session.execute(query).one_or_none() if _is_well_formed(key) else None
    if found is None:
        raise Unauthorized(
            "This API key is not valid.", code="key_invalid", remedy="Check the X-API-Key header, or create a new key."
        )
    return Caller(*found)


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


def keys(session: Session, workspace: str) -> Sequence[ApiKey]:
    """The keys of a workspace, newest first, including revoked ones. Raises NotFound for an unknown workspace."""
    query = select(ApiKey).where(ApiKey.workspace_id == named(session, workspace).id)
    return session.scalars(query.order_by(ApiKey.created_at.desc(), ApiKey.id)).all()


def revoke(session: Session, api_key_id: UUID) -> None:
    """Revoke a key; processes with a cached lookup accept it for a few more seconds. Raises NotFound."""
    key = session.get(ApiKey, api_key_id)
    if key is None:
        raise NotFound(
            f"There is no API key {api_key_id}.", code="key_not_found", remedy="`keys list` shows the ids of all keys."
        )
    key.revoked_at = key.revoked_at or now()


def _allow_redirect(session: Session, workspace_id: UUID, uri: str) -> None:
    parts = urlsplit(uri)
    if parts.scheme not in ("http", "https") or not parts.hostname or "#" in uri:
        raise Invalid(
            f"{uri} is not a valid redirect URI.",
            code="redirect_uri_invalid",
            remedy="Give an absolute http(s) URL without a fragment.",
        )
    session.execute(insert(RedirectUri).values(workspace_id=workspace_id, uri=uri).on_conflict_do_nothing())


def digest(key: str) -> bytes:
    """The SHA-256 under which a key is stored."""
    return sha256(key.encode()).digest()


def _is_well_formed(key: str) -> bool:
    body = key.removeprefix(PREFIX)[:-_CHECKSUM_CHARACTERS]
    return key == f"{PREFIX}{body}{checksum(body)}"


def checksum(body: str) -> str:
    return f"{zlib.crc32(body.encode()):0{_CHECKSUM_CHARACTERS}x}"
