"""Accounts at platforms: list, selection for a post, plan limit, disconnection, encryption of tokens."""

from collections.abc import Mapping, Sequence
from itertools import compress
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from content_pipeline.core.errors import Error, Invalid, NotFound, PlanLimit
from content_pipeline.core.infrastructure import encryption
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.infrastructure.pagination import newest_first
from content_pipeline.core.models import Account, Twin
from content_pipeline.core.platforms.oauth_provider import Tokens
from content_pipeline.core.platforms.registry import PLATFORMS
from content_pipeline.core.webhooks import events
from content_pipeline.core.workspaces import audit, workspaces
from content_pipeline.core.workspaces.audit import Actor
from content_pipeline.core.workspaces.ownership import owned

log = structlog.get_logger()

# Accounts that accept posts: one that needs reconnecting does too, and its posts fail only when they are due.
HELD: Final = ("connected", "needs_reconnect")
_MAX_LISTED: Final = 10


def get(session: Session, workspace_id: UUID, account_id: UUID) -> Account:
    """Raises NotFound. Disconnected accounts are found."""
    return owned(session, Account, workspace_id, account_id)


def list_page(
    session: Session, workspace_id: UUID, *, limit: int, cursor: str | None = None
) -> tuple[list[Account], str | None]:
    """The accounts that a workspace holds, newest first, and the cursor of the next page (None on the last)."""
    query = select(Account).where(Account.workspace_id == workspace_id, Account.status.in_(HELD))
    return newest_first(session, query, Account, limit=limit, cursor=cursor)


def choose(
    session: Session,
    workspace_id: UUID,
    platform: str,
    account_id: UUID | None = None,
    twin: Twin | None = None,
) -> Account:
    """The account for a post: the one named, else the twin's, else the only one.

    Raises NotFound for an unknown account, Invalid `account_missing` when it is not (or no longer) connected,
    `account_mismatch` when it belongs to another platform, `account_ambiguous` when there are several.
    """
    default = twin.accounts.get(platform) if twin else None
    if wanted := account_id or (UUID(default) if default else None):
        account = get(session, workspace_id, wanted)
        _check_usable(account, platform)
        return account
    held = _held_accounts(session, workspace_id, platform)
    if not held:
        raise _account_missing(platform)
    if len(held) > 1:
        ids = ", ".join(f"{account.handle} ({account.id})" for account in held[:_MAX_LISTED])
        raise Invalid(
            f"There are {len(held)} accounts for {PLATFORMS[platform].label}: {ids}.",
            code="account_ambiguous",
            remedy="Name one as account_id, or as the twin's account.",
        )
    return held[0]


def check_defaults(session: Session, workspace_id: UUID, defaults: Mapping[str, str]) -> None:
    """Check a twin's default accounts (platform → account id). Raises what `choose` raises."""
    for platform, account_id in defaults.items():
        _check_usable(get(session, workspace_id, UUID(account_id)), platform)


def check_limit(session: Session, workspace_id: UUID) -> None:
    """Raises PlanLimit when the plan allows no further account."""
    allowed = workspaces.plan_of(session, workspace_id).accounts
    query = select(func.count()).where(Account.workspace_id == workspace_id, Account.status.in_(HELD))
    if session.scalars(query).one() >= allowed:
        raise PlanLimit(
            f"Your plan allows {allowed} connected accounts.",
            code="plan_limit",
            remedy="Disconnect an account that you do not need, or choose a larger plan.",
        )


def disconnect(workspace_id: UUID, platform: str, account_id: UUID | None = None, *, by: Actor = audit.SERVICE) -> None:
    """Delete the tokens of a platform's accounts, or of one, and revoke the grants at the platform (best effort).

    The rows stay, so that a reconnected account keeps its id. Raises NotFound when there is nothing to disconnect.
    """
    with transaction() as session:
        held = _held_accounts(session, workspace_id, platform, lock=True)
        disconnecting = [account for account in held if account_id in (None, account.id)]
        if not disconnecting:
            raise NotFound(
                f"There is no connected {PLATFORMS[platform].label} account with this id.",
                code="account_not_found",
                remedy="Check the id in GET /social/accounts.",
            )
        # The platform has one grant per account and app: revoking it would disconnect the other workspaces too.
        revocable = [not _is_held_elsewhere(session, account) for account in disconnecting]
        cleared = [_clear_tokens(account) for account in disconnecting]
        for account in disconnecting:
            record_status(session, account)
            audit.record(session, workspace_id, by, "accounts.disconnect", "account", account.id)
    for tokens in filter(None, compress(cleared, revocable)):
        _revoke(platform, tokens)


def record_status(session: Session, account: Account) -> None:
    """Record the status that an account has got in this transaction as a webhook event."""
    data = {
        "account_id": account.id,
        "platform": account.platform,
        "handle": account.handle,
        "status": account.status,
        "reason": account.reason,
    }
    events.record(session, account.workspace_id, f"account.{account.status}", data)


def decrypt_tokens(account: Account) -> Tokens:
    """The tokens of a connected account. Raises what `encryption.decrypt` raises."""
    assert account.access_token
    refresh = account.refresh_token and encryption.decrypt(
        account.refresh_token, _associated_data(account.id, "refresh_token")
    )
    return Tokens(
        access=encryption.decrypt(account.access_token, _associated_data(account.id, "access_token")).decode(),
        expires_at=account.access_expires_at,
        refresh=refresh.decode() if refresh else None,
        refresh_expires_at=account.refresh_expires_at,
        scopes=account.scopes,
    )


def encrypted_columns(account_id: UUID, tokens: Tokens) -> dict[str, Any]:
    """The columns that store these tokens, encrypted; without those that the platform did not return.

    Google returns a refresh token only once: a missing one must not overwrite the stored one.
    """
    columns: dict[str, Any] = {
        "access_token": encryption.encrypt(tokens.access, _associated_data(account_id, "access_token")),
        "access_expires_at": tokens.expires_at,
    }
    if tokens.refresh:
        columns["refresh_token"] = encryption.encrypt(tokens.refresh, _associated_data(account_id, "refresh_token"))
        columns["refresh_expires_at"] = tokens.refresh_expires_at
    if tokens.scopes:
        columns["scopes"] = list(tokens.scopes)
    return columns


def _check_usable(account: Account, platform: str) -> None:
    if account.platform != platform:
        raise Invalid(
            f"The account {account.id} is one of {PLATFORMS[account.platform].label}, "
            f"not of {PLATFORMS[platform].label}.",
            code="account_mismatch",
            remedy="Choose an account of that platform from GET /social/accounts.",
        )
    if account.status not in HELD:
        raise _account_missing(platform)


def _account_missing(platform: str) -> Invalid:
    return Invalid(
        f"No {PLATFORMS[platform].label} account is connected.",
        code="account_missing",
        remedy=f"Connect one by /social/connect/{platform}.",
    )


def _held_accounts(session: Session, workspace_id: UUID, platform: str, *, lock: bool = False) -> Sequence[Account]:
    query = select(Account).where(
        Account.workspace_id == workspace_id, Account.platform == platform, Account.status.in_(HELD)
    )
    query = query.order_by(Account.created_at, Account.id)
    return session.scalars(query.with_for_update(key_share=True) if lock else query).all()


def _is_held_elsewhere(session: Session, account: Account) -> bool:
    """Whether another workspace has connected the same account."""
    query = select(Account.id).where(
        Account.platform == account.platform,
        Account.user_id == account.user_id,
        Account.workspace_id != account.workspace_id,
        Account.status.in_(HELD),
    )
    return session.scalars(query.limit(1)).first() is not None


def _clear_tokens(account: Account) -> Tokens | None:
    """Clear the tokens of a locked row. Returns them; None when there are none, or none that can be decrypted."""
    try:
        tokens = decrypt_tokens(account) if account.access_token else None
    except Error:
        tokens = None
    account.status, account.reason = "disconnected", None
    account.access_token = account.refresh_token = None
    account.access_expires_at = account.refresh_expires_at = account.issued_at = None
    return tokens


def _revoke(platform: str, tokens: Tokens) -> None:
    """Revoke a grant at the platform. An error is only logged: the account is disconnected on our side already."""
    try:
        PLATFORMS[platform].oauth.revoke(tokens)
    except Error as error:
        log.warning("grant_not_revoked", platform=platform, code=error.code)


def _associated_data(account_id: UUID, column: str) -> str:
    return encryption.associated_data("accounts", account_id, column)
