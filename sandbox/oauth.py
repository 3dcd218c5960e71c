"""OAuth 2.0 authorization server shared by the platforms: consents, grants, codes, tokens.

A consent creates a grant, and every token refers to its grant. A code can be exchanged once, before it expires, and
only with the redirect URI that it was sent to. The platforms' packages add their own endpoints and error formats.
"""

import base64
import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal
from urllib.parse import urlsplit

from sandbox.store import Document, Platform, Store

Reason = Literal["unknown", "expired", "used", "redirect", "verifier", "revoked"]
Kind = Literal["access", "refresh"]

# How long a consent page can be answered.
_CONSENT_SECONDS: Final = 3600


class Unauthorized(Exception):
    """A code or token is not valid. `reason` says why; platforms report it in more or less detail."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason


class InvalidAuthorizationRequest(Exception):
    """The platform shows an error page for this authorization request, and no consent page."""


@dataclass(frozen=True, slots=True)
class Provider:
    """The OAuth configuration of a platform.

    `scopes`: the scopes of its app, with their descriptions. `account_id`: derives the id from a user name. `denial`:
    redirect parameters when the user denies. `challenge_of`: the PKCE challenge of a verifier. `code_suffix`: appended
    to the code in the redirect without being part of it, as on Instagram.
    """

    platform: Platform
    title: str
    scopes: Mapping[str, str]
    account_id: Callable[[str], str]
    code_seconds: int
    denial: Mapping[str, str]
    challenge_of: Callable[[str], str] | None = None
    code_suffix: str = ""
    creators: tuple[str, ...] = field(default=("mara.bakes", "studio.north", "tech.tom"))

    @property
    def client_id(self) -> str:
        return f"sandbox-{self.platform}"

    def is_client(self, client_id: str | None, client_secret: str | None) -> bool:
        return (client_id, client_secret) == (self.client_id, f"{self.client_id}-secret")


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """An OAuth authorization request. `challenge` is the PKCE challenge; `offline` and `force` are Google's: whether
    the app wants a refresh token, and a new one although it has one."""

    client_id: str | None
    redirect_uri: str | None
    scopes: list[str]
    state: str | None
    challenge: str | None = None
    offline: bool = True
    force: bool = False


@dataclass(frozen=True, slots=True)
class Grant:
    """A user's consent to an app's scopes. `offline` and `force` are those of the authorization request."""

    id: str
    platform: Platform
    account: str
    username: str
    scopes: list[str]
    offline: bool
    force: bool

    @property
    def name(self) -> str:
        """Display name: Mara Bakes for mara.bakes."""
        return self.username.replace(".", " ").title()


@dataclass(frozen=True, slots=True)
class Token:
    """A valid token; times are seconds since the epoch."""

    value: str
    grant: Grant
    issued_at: float
    expires_at: float


def derived_number(platform: Platform, username: str, digits: int) -> str:
    """A number with `digits` digits, derived from the user name by a hash."""
    hashed = int(hashlib.sha256(f"{platform}/{username}".encode()).hexdigest(), 16)
    lowest = 10 ** (digits - 1)
    return str(lowest + hashed % (9 * lowest))


def derived_id(platform: Platform, username: str, characters: int) -> str:
    """The same in URL-safe base64 characters."""
    digest = hashlib.sha256(f"{platform}/{username}".encode()).digest()
    return base64.urlsafe_b64encode(digest).decode()[:characters]


# ── consent ──────────────────────────────────────────────────────────────────────────────────────────────


def create_consent(store: Store, provider: Provider, request: AuthorizationRequest) -> str:
    """Store an authorization request until the user decides; returns its id. Raises InvalidAuthorizationRequest."""
    if request.client_id != provider.client_id:
        raise InvalidAuthorizationRequest("Unknown app: its client id or key is wrong.")
    if not _is_redirect_uri(request.redirect_uri):
        raise InvalidAuthorizationRequest("The redirect_uri is not an absolute http(s) URL without a fragment.")
    if unknown := [scope for scope in request.scopes if scope not in provider.scopes]:
        raise InvalidAuthorizationRequest(f"Invalid scopes: {', '.join(unknown)}.")
    if not request.scopes:
        raise InvalidAuthorizationRequest("The app requests no scope.")
    id = secrets.token_urlsafe(24)
    document = {
        "id": id,
        "platform": provider.platform,
        "redirect_uri": request.redirect_uri,
        "scopes": request.scopes,
        "state": request.state,
        "challenge": request.challenge,
        "offline": request.offline,
        "force": request.force,
        "expires_at": store.timestamp() + _CONSENT_SECONDS,
    }
    store.put("consent", id, document)
    return id


def _is_redirect_uri(uri: str | None) -> bool:
    parts = urlsplit(uri or "")
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.fragment


def approve(store: Store, provider: Provider, consent: Document, username: str) -> str:
    """Create a grant of `username` for the request in `consent`; returns the authorization code."""
    with store.transaction():
        account = put_account(store, provider, username)
        grant = {
            "id": secrets.token_hex(12),
            "platform": provider.platform,
            "account": account,
            "username": username,
            "scopes": consent["scopes"],
            "offline": consent["offline"],
            "force": consent["force"],
            "revoked": False,
        }
        store.put("grant", grant["id"], grant)
        code = secrets.token_urlsafe(48)
        document = {
            "platform": provider.platform,
            "grant": grant["id"],
            "redirect_uri": consent["redirect_uri"],
            "challenge": consent["challenge"],
            "expires_at": store.timestamp() + provider.code_seconds,
            "used": False,
        }
        store.put("code", code, document)
        store.delete("consent", consent["id"])
        return code


def put_account(store: Store, provider: Provider, username: str, **fields: float) -> str:
    """Create the account of a user name, or update its fields; returns its id."""
    id = provider.account_id(username)
    key = f"{provider.platform}:{id}"
    store.put("account", key, {**(store.get("account", key) or {}), "id": id, "username": username, **fields})
    return id


def exchange_code(store: Store, provider: Provider, parameters: Mapping[str, str]) -> Grant:
    """Exchange the `code` of a token request for its grant. Raises Unauthorized."""
    code = parameters.get("code", "")
    with store.transaction():
        found = store.get("code", code)
        if found is None or found["platform"] != provider.platform:
            raise Unauthorized("unknown")
        if found["used"]:
            raise Unauthorized("used")
        if found["expires_at"] <= store.timestamp():
            raise Unauthorized("expired")
        if found["redirect_uri"] != parameters.get("redirect_uri"):
            raise Unauthorized("redirect")
        if found["challenge"] and not _is_verified(provider, found["challenge"], parameters.get("code_verifier")):
            raise Unauthorized("verifier")
        store.put("code", code, {**found, "used": True})
        return _valid_grant(store, found["grant"])


def _is_verified(provider: Provider, challenge: str, verifier: str | None) -> bool:
    return provider.challenge_of is not None and provider.challenge_of(verifier or "") == challenge


def _valid_grant(store: Store, id: str) -> Grant:
    found = store.get("grant", id)
    if found is None:
        raise Unauthorized("unknown")
    if found.pop("revoked"):
        raise Unauthorized("revoked")
    return Grant(**found)


# ── tokens ───────────────────────────────────────────────────────────────────────────────────────────────


def issue_token(store: Store, grant: Grant, kind: Kind, *, prefix: str, seconds: float) -> str:
    """Issue a token of the grant that expires in `seconds`."""
    value = f"{prefix}{secrets.token_urlsafe(64)}"
    now = store.timestamp()
    token = {"grant": grant.id, "kind": kind, "issued_at": now, "expires_at": now + seconds}
    store.put("token", value, {"platform": grant.platform, "account": grant.account, **token})
    return value


def get_token(store: Store, platform: Platform, value: str | None, kind: Kind = "access") -> Token:
    """The token with this value. Raises Unauthorized if it is unknown, expired or revoked."""
    with store.transaction():
        found = store.get("token", value or "")
        if found is None or (found["platform"], found["kind"]) != (platform, kind):
            raise Unauthorized("unknown")
        grant = _valid_grant(store, found["grant"])
        if found["expires_at"] <= store.timestamp():
            raise Unauthorized("expired")
        return Token(value or "", grant, found["issued_at"], found["expires_at"])


def delete_token(store: Store, value: str) -> None:
    """Invalidate one token, for example a rotated refresh token."""
    store.delete("token", value)


def has_token(store: Store, grant: Grant, kind: Kind) -> bool:
    """Whether the grant's account has an unexpired token of this kind from a grant that is not revoked."""
    tokens = store.find("token", platform=grant.platform, account=grant.account, kind=kind)
    owners = [store.get("grant", token["grant"]) for token in tokens if token["expires_at"] > store.timestamp()]
    return any(owner and not owner["revoked"] for owner in owners)


def revoke(store: Store, platform: Platform, account: str) -> None:
    """Revoke all grants of an account, as its owner does in the platform's settings."""
    with store.transaction():
        for grant in store.find("grant", platform=platform, account=account):
            store.put("grant", grant["id"], {**grant, "revoked": True})


def bearer_token(authorization: str | None) -> str | None:
    """The token of an Authorization header."""
    scheme, _, value = (authorization or "").partition(" ")
    return value.strip() if scheme.lower() == "bearer" else None
