"""OAuth 2.0 authorization code flow (with PKCE) that connects an account.

    begin ──▶ the platform's consent page ──▶ finish ──▶ our question ──▶ answer ──▶ the client's `redirect_uri`

The `state` parameter has 256 random bits. It is valid once, for ten minutes, for one workspace, platform and
`redirect_uri`; a callback without a valid one is not redirected anywhere.

The person has to confirm because a platform that already has their consent redirects at once: a person who opened the
link of another workspace would be connected there (login CSRF). Until then the tokens are only in the form, encrypted.
"""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe
from typing import Final
from uuid import UUID, uuid4

import httpx
from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Select, delete, select
from sqlalchemy.orm import Session

from content_pipeline.core.errors import Error, Invalid
from content_pipeline.core.infrastructure import encryption
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.infrastructure.net.storable_text import storable
from content_pipeline.core.models import Account, ConnectState, RedirectUri, Workspace
from content_pipeline.core.platforms.accounts import accounts
from content_pipeline.core.platforms.base import Disconnected
from content_pipeline.core.platforms.oauth_provider import Profile, Tokens
from content_pipeline.core.platforms.registry import PLATFORMS
from content_pipeline.core.settings import settings
from content_pipeline.core.workspaces import api_keys, audit
from content_pipeline.core.workspaces.audit import Origin

STATE_LIFETIME: Final = timedelta(minutes=10)
CALLBACK_PATH: Final = "/api/v1/public/social/callback"
# A page of ours for clients that have none of their own.
CONNECTED_PATH: Final = "/connected"
_FAILED: Final = "connect_failed"
_UNKNOWN: Final = Origin()
# In place of the PKCE verifier, this says that the row waits for the answer of the person, not for the platform.
_ASKED: Final = b""


@dataclass(frozen=True, slots=True)
class _Consented:
    """What a platform gave for its code."""

    profile: Profile
    tokens: Tokens


_CONSENTED: Final = TypeAdapter(_Consented)


@dataclass(frozen=True, slots=True)
class Question:
    """What a person is asked before an account is connected: by which application, to which workspace.

    `application` is the host that the browser returns to, None where it ends at a page of ours. `token` goes with the
    answer. It is valid once, for ten minutes.
    """

    token: str
    platform: str
    handle: str
    application: str | None
    workspace: str


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """The address to send the browser to, and when its `state` expires."""

    authorize_url: str
    expires_at: datetime


def begin(
    session: Session,
    workspace_id: UUID,
    platform: str,
    redirect_uri: str | None,
    client_state: str | None = None,
    *,
    api_key_id: UUID | None = None,
) -> AuthorizationRequest:
    """Start the flow. It ends with a redirect to `redirect_uri`, or a page of ours, with `client_state` unchanged.

    The audit log names the key of `api_key_id` as who connected the account.

    Raises Invalid `redirect_uri_unknown` for an address that is not on the workspace's list, PlanLimit when the plan
    allows no further account, Unavailable without a registered app or an encryption key.
    """
    if redirect_uri is not None and session.get(RedirectUri, (workspace_id, redirect_uri)) is None:
        raise Invalid(
            "This redirect_uri is not allowed for your workspace.",
            code="redirect_uri_unknown",
            remedy="Send one that `content-pipeline keys create --redirect-uri` allowed, letter for letter, or none.",
        )
    if session.scalars(_select_accounts(workspace_id, platform).limit(1)).first() is None:
        accounts.check_limit(session, workspace_id)
    state, verifier, expires_at = token_urlsafe(32), token_urlsafe(48), now() + STATE_LIFETIME
    session.add(
        ConnectState(
            sha256=_digest(state),
            workspace_id=workspace_id,
            api_key_id=api_key_id,
            platform=platform,
            redirect_uri=redirect_uri if redirect_uri is not None else _own_uri(CONNECTED_PATH),
            client_state=client_state,
            verifier=encryption.encrypt(verifier, _associated_data(state)),
            expires_at=expires_at,
        )
    )
    address = PLATFORMS[platform].oauth.authorize_url(
        redirect_uri=_callback_uri(platform), state=state, verifier=verifier
    )
    return AuthorizationRequest(address, expires_at)


def finish(
    platform: str, *, state: str, code: str | None, error: str | None, origin: Origin = _UNKNOWN
) -> str | Question:
    """Handle the platform's callback. Returns what to ask the person, or the address to redirect to.

    `origin` is the browser's. The address carries `account_id` and `handle`, or `error` and `error_description`. Raises
    Invalid `state_invalid`.
    """
    pending = _consume_state(platform, state, ConnectState.verifier != _ASKED)
    try:
        with transaction() as session:
            _check_key(session, pending)
        consented = _exchange(pending, state, code, error)
        if pending.redirect_uri not in settings().confirming_redirect_uris:
            return _ask(pending, consented)
        return _redirect(pending, _connect(pending, consented, origin))
    except Error as failed:
        return _redirect(pending, _failure(failed))


def answer(platform: str, *, token: str, accept: bool, origin: Origin = _UNKNOWN) -> str:
    """Connect the account, or not, as the person answered. Returns the address to redirect to, as `finish` does.

    Raises Invalid `state_invalid`. What was refused is not revoked at the platform: that would take the consent from
    the accounts that the same person has connected on purpose.
    """
    key, _, sealed = token.partition(".")
    pending = _consume_state(platform, key, ConnectState.verifier == _ASKED)
    try:
        if not accept:
            raise Invalid(
                "The account was not connected, as its owner wished.",
                code="access_denied",
                remedy="Connect it again if it is wanted after all.",
            )
        return _redirect(pending, _connect(pending, _unseal(key, sealed), origin))
    except Error as failed:
        return _redirect(pending, _failure(failed))


def _failure(failed: Error) -> dict[str, str]:
    # Its remedy, to connect the account again, does not fit: no account was connected yet.
    code = _FAILED if isinstance(failed, Disconnected) else failed.code
    return {"error": code, "error_description": failed.detail}


def _redirect(pending: ConnectState, outcome: dict[str, str]) -> str:
    state = {} if pending.client_state is None else {"state": pending.client_state}
    return str(httpx.URL(pending.redirect_uri).copy_merge_params({"platform": pending.platform, **outcome, **state}))


def _ask(pending: ConnectState, consented: _Consented) -> Question:
    key, is_own = token_urlsafe(32), pending.redirect_uri == _own_uri(CONNECTED_PATH)
    sealed = encryption.encrypt(_CONSENTED.dump_json(consented), _associated_data(key))
    with transaction() as session:
        session.add(
            ConnectState(
                sha256=_digest(key),
                workspace_id=pending.workspace_id,
                api_key_id=pending.api_key_id,
                platform=pending.platform,
                redirect_uri=pending.redirect_uri,
                client_state=pending.client_state,
                verifier=_ASKED,
                expires_at=now() + STATE_LIFETIME,
            )
        )
        workspace = session.get_one(Workspace, pending.workspace_id).name
    return Question(
        token=f"{key}.{urlsafe_b64encode(sealed).decode()}",
        platform=PLATFORMS[pending.platform].label,
        handle=consented.profile.handle,
        application=None if is_own else httpx.URL(pending.redirect_uri).host,
        workspace=workspace,
    )


def _unseal(key: str, sealed: str) -> _Consented:
    """Raises InternalError for what was not made with this key."""
    try:
        content = urlsafe_b64decode(sealed)
    except (binascii.Error, ValueError):
        content = b""
    return _CONSENTED.validate_json(encryption.decrypt(content, _associated_data(key)))


def sweep(session: Session) -> None:
    """Delete expired states."""
    session.execute(delete(ConnectState).where(ConnectState.expires_at <= now()))


def _consume_state(platform: str, state: str, waits: ColumnElement[bool]) -> ConnectState:
    """Delete the state and commit before it is used, so that only one of two callbacks with it succeeds."""
    deletion = delete(ConnectState).where(
        ConnectState.sha256 == _digest(state),
        ConnectState.platform == platform,
        ConnectState.expires_at > now(),
        waits,
    )
    with transaction() as session:
        pending = session.scalars(deletion.returning(ConnectState)).one_or_none()
    if pending is None:
        raise Invalid(
            "This link has expired or was already used.",
            code="state_invalid",
            remedy="Return to the app that sent you here and connect the account again within ten minutes.",
        )
    return pending


def _exchange(pending: ConnectState, state: str, code: str | None, error: str | None) -> _Consented:
    platform = pending.platform
    spec = PLATFORMS[platform]
    if error in spec.denials:
        raise Invalid(
            f"Access to {spec.label} was not allowed.",
            code="access_denied",
            remedy="Connect the account again, and allow everything that is asked for.",
        )
    if error or not code:
        raise Invalid(
            f"{spec.label} did not connect the account.",
            code=_FAILED,
            remedy="Connect the account again; if that fails too, tell the operator.",
        )
    verifier = encryption.decrypt(pending.verifier, _associated_data(state)).decode()
    tokens = spec.oauth.exchange(code, redirect_uri=_callback_uri(platform), verifier=verifier)
    profile = spec.oauth.profile(tokens.access)
    return _Consented(replace(profile, handle=storable(profile.handle), name=storable(profile.name)), tokens)


def _connect(pending: ConnectState, consented: _Consented, origin: Origin) -> dict[str, str]:
    """Connect the account. Returns what the client is told of it. Raises as `_check_key` does."""
    with transaction() as session:
        account_id = _upsert_account(
            session, pending.workspace_id, pending.platform, consented.profile, consented.tokens
        )
        _check_key(session, pending)
        actor = audit.holder(session, pending.api_key_id, origin)
        audit.record(session, pending.workspace_id, actor, "accounts.connect", "account", account_id)
    return {"account_id": str(account_id), "handle": consented.profile.handle}


def _check_key(session: Session, pending: ConnectState) -> None:
    """Raises Invalid `state_invalid` when the key that began is no longer valid: its holder was to connect nothing
    more."""
    if pending.api_key_id and not api_keys.is_valid(session, pending.api_key_id):
        raise Invalid(
            "The key with which this was begun was revoked or has expired.",
            code="state_invalid",
            remedy="Return to the app that sent you here, and connect the account again once it has a valid key.",
        )


def _upsert_account(session: Session, workspace_id: UUID, platform: str, profile: Profile, tokens: Tokens) -> UUID:
    """Insert or update the account's row. Raises PlanLimit."""
    # Callbacks are serialized per workspace, because two of them may bring the same account, or both take the plan's
    # last place.
    session.get_one(Workspace, workspace_id, with_for_update={"key_share": True})
    query = _select_accounts(workspace_id, platform).where(Account.user_id == profile.user_id)
    account = session.scalars(query).one_or_none()
    if account is None or account.status not in accounts.HELD:
        accounts.check_limit(session, workspace_id)
    if account is None:
        account = Account(
            id=uuid4(),
            workspace_id=workspace_id,
            platform=platform,
            user_id=profile.user_id,
            scopes=[],
            created_at=now(),
        )
        session.add(account)
    fields = {
        "handle": profile.handle,
        "name": profile.name,
        "status": "connected",
        "reason": None,
        "issued_at": now(),
        "connected_at": now(),
        "refreshing_until": None,
        **accounts.encrypted_columns(account.id, tokens),
    }
    for name, value in fields.items():
        setattr(account, name, value)
    accounts.record_status(session, account)
    return account.id


def _select_accounts(workspace_id: UUID, platform: str) -> Select[Account]:
    return select(Account).where(Account.workspace_id == workspace_id, Account.platform == platform)


def _callback_uri(platform: str) -> str:
    """Our own redirect URI, which has to be registered at the platform."""
    return _own_uri(f"{CALLBACK_PATH}/{platform}")


def _own_uri(path: str) -> str:
    return f"{settings().public_url.rstrip('/')}{path}"


def _digest(state: str) -> bytes:
    return sha256(state.encode()).digest()


def _associated_data(state: str) -> str:
    return encryption.associated_data("connect_states", _digest(state).hex(), "verifier")
