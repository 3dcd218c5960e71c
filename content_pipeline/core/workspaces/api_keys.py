"""API keys: their text, creation within what the maker may give, list, revocation, last use.

A key is `sk_`, 32 random bytes and their checksum. The database stores only its SHA-256: 256 random bits need no salt
and no slow hash. The checksum rejects mistyped and invented keys without a query.
"""

import secrets
import zlib
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session

from content_pipeline.core.errors import Conflict, Forbidden, Invalid, NotFound, PlanLimit, Unauthorized
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import autocommit
from content_pipeline.core.infrastructure.pagination import newest_first
from content_pipeline.core.models import ApiKey, Workspace
from content_pipeline.core.workspaces import audit
from content_pipeline.core.workspaces.caller import Caller
from content_pipeline.core.workspaces.ownership import owned
from content_pipeline.core.workspaces.scopes import Scope, ordered

PREFIX: Final = "sk_"
# `last_used_at` may be this far behind, because clients poll every two seconds, and the row is not updated for each
# request.
USE_RESOLUTION: Final = timedelta(minutes=1)
# A key has a rate limit of its own: without this, a client that makes a key, uses it up and revokes it has none.
COUNTED_AFTER_ITS_END: Final = timedelta(hours=1)
_CHECKSUM_CHARACTERS: Final = 8


def create(
    session: Session,
    workspace_id: UUID,
    *,
    name: str,
    scopes: Collection[Scope],
    expires_at: datetime | None,
    created_by: UUID | None = None,
) -> tuple[ApiKey, str]:
    """Create a key, and return it with its text, which is not stored. Raises Invalid `expiry_past`."""
    if expires_at and expires_at <= now():
        raise Invalid(
            "This time has passed, so the key would never work.",
            code="expiry_past",
            remedy="Give a time in the future, or none.",
        )
    body = secrets.token_urlsafe(32)
    text = f"{PREFIX}{body}{checksum(body)}"
    key = ApiKey(
        id=uuid4(),
        workspace_id=workspace_id,
        sha256=digest(text),
        hint=text[-4:],
        name=name,
        scopes=ordered(scopes),
        created_by=created_by,
        expires_at=expires_at,
        created_at=now(),
    )
    session.add(key)
    session.flush()
    return key, text


def create_as(
    session: Session, caller: Caller, *, name: str, scopes: Collection[Scope], expires_at: datetime | None
) -> tuple[ApiKey, str]:
    """Create a key that may do no more, and no longer, than the caller's own.

    Without `expires_at` it expires when the caller's does. Raises Forbidden, PlanLimit, Unauthorized when the
    caller's key is no longer valid, and what `create` raises.
    """
    for scope in scopes:
        caller.check(scope)
    expires_at = expires_at or caller.expires_at
    if caller.expires_at and expires_at and expires_at > caller.expires_at:
        raise Forbidden(
            f"Your own key expires at {caller.expires_at:%Y-%m-%d %H:%M} UTC, and can make none that works longer.",
            code="key_outlives_its_maker",
            remedy="Give an earlier expires_at, or none.",
        )
    _lock_for(session, caller)
    taken = select(func.count()).select_from(ApiKey)
    taken = taken.where(ApiKey.workspace_id == caller.workspace_id, _is_valid(since=now() - COUNTED_AFTER_ITS_END))
    if session.scalars(taken).one() >= caller.plan.api_keys:
        raise PlanLimit(
            f"Your plan allows {caller.plan.api_keys} valid API keys, and counts those that ended in the last hour.",
            remedy="Revoke a key that is not used and wait an hour, or choose a larger plan.",
        )
    return create(
        session, caller.workspace_id, name=name, scopes=scopes, expires_at=expires_at, created_by=caller.api_key_id
    )


def get(session: Session, workspace_id: UUID, api_key_id: UUID) -> ApiKey:
    """Raises NotFound. Revoked keys are found."""
    return owned(session, ApiKey, workspace_id, api_key_id)


def list_page(
    session: Session, workspace_id: UUID, *, limit: int, cursor: str | None = None
) -> tuple[list[ApiKey], str | None]:
    """The keys of a workspace, newest first, with those that are revoked, and the cursor of the next page."""
    query = select(ApiKey).where(ApiKey.workspace_id == workspace_id)
    return newest_first(session, query, ApiKey, limit=limit, cursor=cursor)


def list_all(session: Session, workspace_id: UUID) -> Sequence[ApiKey]:
    """All keys of a workspace, newest first."""
    query = select(ApiKey).where(ApiKey.workspace_id == workspace_id)
    return session.scalars(query.order_by(ApiKey.created_at.desc(), ApiKey.id)).all()


def revoke_as_operator(session: Session, api_key_id: UUID) -> None:
    """Revoke a key of any workspace: it is refused as soon as that is committed. Raises NotFound."""
    key = session.get(ApiKey, api_key_id)
    if key is None:
        raise NotFound(
            f"There is no API key {api_key_id}.", code="key_not_found", remedy="`keys list` shows the ids of all keys."
        )
    _revoke(key)
    audit.record(session, key.workspace_id, audit.OPERATOR, "keys.revoke", "key", key.id)


def revoke_as(session: Session, caller: Caller, api_key_id: UUID) -> None:
    """Revoke a key of the caller's workspace, which may be the caller's own.

    Raises NotFound, Unauthorized when the caller's key is no longer valid, and Conflict `last_admin_key` when no other
    valid key could manage keys any more.
    """
    _lock_for(session, caller)
    key = get(session, caller.workspace_id, api_key_id)
    others = select(ApiKey.id).where(
        ApiKey.workspace_id == caller.workspace_id,
        ApiKey.id != key.id,
        ApiKey.scopes.contains([Scope.ADMIN]),
        _is_valid(),
    )
    if session.scalars(others.limit(1)).first() is None:
        raise Conflict(
            "This is the last valid key of the workspace with the scope admin.",
            code="last_admin_key",
            remedy="Create another admin key first, or let the operator revoke it with `content-pipeline keys revoke`.",
        )
    _revoke(key)


def _revoke(key: ApiKey) -> None:
    key.revoked_at = key.revoked_at or now()


def note_use(api_key_id: UUID) -> None:
    """Write down that a key was used, unless that was written less than USE_RESOLUTION ago."""
    statement = update(ApiKey).where(
        ApiKey.id == api_key_id,
        or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at <= now() - USE_RESOLUTION),
    )
    with autocommit() as session:
        session.execute(statement.values(last_used_at=now()))


def _lock_for(session: Session, caller: Caller) -> None:
    """Serialize changes of the keys of a workspace: two that look at once would both see room, or another admin key.

    Raises Unauthorized `key_invalid`: the caller was authenticated before the body came, for which a client has 30 s,
    and a key that is revoked in that time would make another one.
    """
    session.get_one(Workspace, caller.workspace_id, with_for_update={"key_share": True})
    if not is_valid(session, caller.api_key_id):
        raise invalid_key()


def is_valid(session: Session, api_key_id: UUID) -> bool:
    """Whether a key is neither revoked nor expired; it stays so until the transaction ends."""
    query = select(ApiKey.id).where(ApiKey.id == api_key_id, _is_valid()).with_for_update(read=True)
    return session.scalars(query).one_or_none() is not None


def invalid_key() -> Unauthorized:
    """The error of a key that is unknown or revoked."""
    return Unauthorized(
        "This API key is not valid.", code="key_invalid", remedy="Check the X-API-Key header, or create a new key."
    )


def _is_valid(since: datetime | None = None) -> ColumnElement[bool]:
    """Whether a key is neither revoked nor expired; with `since`, whether it was so at that time or later."""
    ends = (ApiKey.revoked_at, ApiKey.expires_at)
    return and_(*(or_(end.is_(None), end > (since or now())) for end in ends))


def digest(key: str) -> bytes:
    """The SHA-256 under which a key is stored."""
    return sha256(key.encode()).digest()


def is_well_formed(key: str) -> bool:
    body = key.removeprefix(PREFIX)[:-_CHECKSUM_CHARACTERS]
    return key == f"{PREFIX}{body}{checksum(body)}"


def checksum(body: str) -> str:
    return f"{zlib.crc32(body.encode()):0{_CHECKSUM_CHARACTERS}x}"
