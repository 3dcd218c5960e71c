"""Access tokens of accounts: decrypted for use, refreshed shortly before expiry, by one process at a time.

Platforms that rotate refresh tokens revoke the whole grant when one is used twice, so of ten workers that find an
expiring token only one refreshes it. It takes a lease in the row and calls the platform outside a transaction: the
database ends one that idles for 15 s, and the new tokens would be lost with it. They are written if the row still has
the old ones (compare and set). The other workers poll the row until then.
"""

import time
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import and_, func, or_, select

from content_pipeline.core.errors import Error, NotFound, Unavailable
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import UNREACHABLE, autocommit, transaction
from content_pipeline.core.infrastructure.error_isolation import isolated
from content_pipeline.core.models import Account
from content_pipeline.core.platforms.accounts import accounts
from content_pipeline.core.platforms.base import Access, Disconnected
from content_pipeline.core.platforms.oauth_provider import Tokens
from content_pipeline.core.platforms.registry import PLATFORMS

# A token is refreshed ahead of its expiry by at most this share of its lifetime: otherwise a short-lived one would be
# refreshed at every call.
_MAX_REFRESH_SHARE: Final = 0.2
# Longer than the timeout of a refresh (platforms/oauth_client.py); a process that dies blocks the others no longer.
_LEASE: Final = timedelta(seconds=45)
WAIT_SECONDS: Final = 30.0
_POLL_SECONDS: Final = 0.2


def get_access(account_id: UUID) -> Access:
    """An account's id at the platform, with an access token that is valid for some minutes.

    Raises Disconnected when its owner has to reconnect it; UpstreamError, TooManyRequests and Unavailable, all
    retryable, when the platform does not refresh the token now; Unavailable `encryption_key_missing`; NotFound.
    """
    return _usable_access(account_id)


def refresh(account_id: UUID, rejected: str) -> Access:
    """As `get_access`, with another token than `rejected`, which the platform has rejected before its expiry."""
    return _usable_access(account_id, rejected)


def has_expired(account_id: UUID, token: str, *, since: datetime) -> bool:
    """Whether a token expired or was replaced after `since`, which explains that a platform rejects it.

    Clocks differ, so a token counts as expired as soon as it would be refreshed. False for an account that is no
    longer connected.
    """
    account = _read_account(account_id)
    if account.status != "connected":
        return False
    replaced = accounts.decrypt_tokens(account).access != token
    return replaced or (_is_near_expiry(account, now()) and not _is_near_expiry(account, since))


def mark_disconnected(account_id: UUID, rejected: str, error: Error) -> None:
    """Mark an account `needs_reconnect`, because the platform rejected the token `rejected`.

    Does nothing when the account has other tokens by now.
    """
    account = _read_account(account_id)
    if account.status == "connected" and accounts.decrypt_tokens(account).access == rejected:
        write(account, status="needs_reconnect", reason=error.to_dict())


def refresh_expiring() -> int:
    """Refresh expiring tokens of platforms without refresh tokens. Returns the number of accounts tried.

    Otherwise an account that posts once a month would lose its access. What the platform refuses is left to the next
    call, which tries again.
    """
    with autocommit() as session:
        expiring = select(Account.id).where(
            Account.status == "connected",
            or_(
                *(
                    and_(Account.platform == spec.name, Account.access_expires_at < now() + spec.refresh_ahead)
                    for spec in PLATFORMS.values()
                    if spec.self_renewing_tokens
                )
            ),
        )
        account_ids = session.scalars(expiring).all()
    for account_id in account_ids:
        with isolated("refresh_expiring", account_id), suppress(Error):
            get_access(account_id)
    return len(account_ids)


def _usable_access(account_id: UUID, rejected: str | None = None) -> Access:
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        account = _read_account(account_id)
        _check_connected(account)
        tokens = accounts.decrypt_tokens(account)
        if tokens.access != rejected and not _is_near_expiry(account, now()):
            return Access(account.user_id, tokens.access)
        if take_lease(account):
            if token := _refresh(account, tokens, rejected):
                return Access(account.user_id, token)
        elif time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
        else:
            raise Unavailable(
                f"The token of {account.handle} is being refreshed.",
                code="token_refreshing",
                remedy="Nothing to do: it is retried automatically.",
                retry_after=_LEASE.total_seconds(),
            )


def _read_account(account_id: UUID) -> Account:
    with autocommit() as session:
        account = session.get(Account, account_id)
    if account is None:
        raise NotFound(f"There is no account {account_id}.", code="account_not_found")
    return account


def _check_connected(account: Account) -> None:
    if account.status == "needs_reconnect":
        assert account.reason
        raise Disconnected(account.reason["message"], remedy=account.reason["remedy"])
    if account.status == "disconnected":
        raise Disconnected(
            f"{account.handle} was disconnected from {PLATFORMS[account.platform].label}.",
            remedy="Connect the account again.",
        )


def _is_near_expiry(account: Account, moment: datetime) -> bool:
    if account.access_expires_at is None or account.issued_at is None:
        return False
    lifetime = account.access_expires_at - account.issued_at
    ahead = min(PLATFORMS[account.platform].refresh_ahead, lifetime * _MAX_REFRESH_SHARE)
    return moment >= account.access_expires_at - ahead


def take_lease(account: Account) -> bool:
    """Take the lease for refreshing these tokens. False when another process holds it, or has refreshed them."""
    at = func.clock_timestamp()
    free = or_(Account.refreshing_until.is_(None), Account.refreshing_until < at)
    return _update(account, free, refreshing_until=at + _LEASE)


def _refresh(account: Account, tokens: Tokens, rejected: str | None) -> str | None:
    """Refresh under the lease. Returns the new access token; None when the account has other tokens by now."""
    assert account.issued_at
    try:
        fresh = PLATFORMS[account.platform].oauth.refresh(tokens, issued_at=account.issued_at)
    except Disconnected as error:
        if write(account, status="needs_reconnect", reason=error.to_dict()):
            raise
        return None
    except Error as error:
        write(account, refreshing_until=None)
        if error.retryable and tokens.access != rejected and _is_unexpired(account):
            return tokens.access
        raise
    # Another process may have marked the account disconnected; these tokens are valid, so that no longer holds.
    written = write(
        account,
        **accounts.encrypted_columns(account.id, fresh),
        issued_at=now(),
        refreshing_until=None,
        status="connected",
        reason=None,
    )
    return fresh.access if written else None


def _is_unexpired(account: Account) -> bool:
    return account.access_expires_at is not None and now() < account.access_expires_at


def write(account: Account, **values: Any) -> bool:
    """Update the account unless it has other tokens by now. Returns whether it did.

    Waits while the database restarts: a refresh token that was just rotated exists nowhere else.
    """
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            return _update(account, **values)
        except UNREACHABLE:
            if time.monotonic() > deadline:
                raise
            time.sleep(_POLL_SECONDS)


def _update(account: Account, *conditions: Any, **values: Any) -> bool:
    unchanged = select(Account).where(Account.id == account.id, Account.issued_at == account.issued_at, *conditions)
    with transaction() as session:
        row = session.scalars(unchanged.with_for_update(key_share=True)).one_or_none()
        if row is None:
            return False
        before = row.status
        for name, value in values.items():
            setattr(row, name, value)
        if row.status != before:
            accounts.record_status(session, row)
    return True
