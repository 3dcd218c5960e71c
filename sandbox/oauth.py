"""OAuth as all four platforms do it underneath: consent, codes, tokens. Each platform's package gives it its own wire.

One consent makes a grant; every token of it names the grant. A code is good once, for a while, and only together with
the address that it was sent to.
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

# An authorization page that nobody answers.
_CONSENT_SECONDS: Final = 3600


class Unauthorized(Exception):
    """A code or token that is not good. `reason` says why; platforms tell more or less of it."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason


class InvalidAuthorizationRequest(Exception):
    """An authorization request that the platform shows an error page for, instead of asking anybody."""


@dataclass(frozen=True, slots=True)
class Provider:
    """What is particular to a platform's OAuth.

    `scopes`: what its app may ask for. `account_id`: the id behind a user name, always the same. `denial`: what comes
    back with the person's no. `challenge_of`: the PKCE challenge that belongs to a verifier. `code_suffix` is put
    behind the code on its way to the app and is no part of it, as Instagram does.
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
    """What an authorization request asks for. `challenge` is PKCE's, `offline` and `force` are Google's: whether the
    app wants a refresh token, and a new one although it had one."""

    client_id: str | None
    redirect_uri: str | None
    scopes: list[str]
    state: str | None
    challenge: str | None = None
    offline: bool = True
    force: bool = False


@dataclass(frozen=True, slots=True)
class Grant:
    """What a person allowed. `offline` and `force` are the wish's."""

    id: str
    platform: Platform
    account: str
    username: str
    scopes: list[str]
    offline: bool
    force: bool

    @property
    def name(self) -> str:
        """What the person is called: mara.bakes is Mara Bakes."""
        return self.username.replace(".", " ").title()


@dataclass(frozen=True, slots=True)
class Token:
    """A token that is good now; times are seconds since the epoch."""

    value: str
    grant: Grant
    issued_at: float
    expires_at: float


def derived_number(platform: Platform, username: str, digits: int) -> str:
    """A number of so many digits that always belongs to that user name."""
    drawn = int(hashlib.sha256(f"{platform}/{username}".encode()).hexdigest(), 16)
    lowest = 10 ** (digits - 1)
    return str(lowest + drawn % (9 * lowest))


def derived_id(platform: Platform, username: str, characters: int) -> str:
    """The same in letters, digits, - and _."""
    digest = hashlib.sha256(f"{platform}/{username}".encode()).digest()
    return base64.urlsafe_b64encode(digest).decode()[:characters]


# ── consent ──────────────────────────────────────────────────────────────────────────────────────────────


def create_consent(world: Store, provider: Provider, wish: AuthorizationRequest) -> str:
    """Keep a wish until somebody decides on it; returns its id. Raises BadWish."""
    if wish.client_id != provider.client_id:
        raise InvalidAuthorizationRequest("The app is not known: its client id or key is wrong.")
    if not _is_address(wish.redirect_uri):
        raise InvalidAuthorizationRequest("The redirect_uri is not an absolute http(s) address without a fragment.")
    if unknown := [scope for scope in wish.scopes if scope not in provider.scopes]:
        raise InvalidAuthorizationRequest(f"Invalid scopes: {', '.join(unknown)}.")
    if not wish.scopes:
        raise InvalidAuthorizationRequest("The app asks for no scope.")
    id = secrets.token_urlsafe(24)
    document = {
        "id": id,
        "platform": provider.platform,
        "redirect_uri": wish.redirect_uri,
        "scopes": wish.scopes,
        "state": wish.state,
        "challenge": wish.challenge,
        "offline": wish.offline,
        "force": wish.force,
        "expires_at": world.seconds() + _CONSENT_SECONDS,
    }
    world.put("consent", id, document)
    return id


def _is_address(uri: str | None) -> bool:
    parts = urlsplit(uri or "")
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.fragment


def approve(world: Store, provider: Provider, consent: Document, username: str) -> str:
    """The code for a wish that `username` agrees to."""
    with world.transaction():
        account = provider.account_id(username)
        world.put("account", f"{provider.platform}:{account}", {"id": account, "username": username})
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
        world.put("grant", grant["id"], grant)
        code = secrets.token_urlsafe(48)
        document = {
            "platform": provider.platform,
            "grant": grant["id"],
            "redirect_uri": consent["redirect_uri"],
            "challenge": consent["challenge"],
            "expires_at": world.seconds() + provider.code_seconds,
            "used": False,
        }
        world.put("code", code, document)
        world.delete("consent", consent["id"])
        return code


def exchange_code(world: Store, provider: Provider, parameters: Mapping[str, str]) -> Grant:
    """The grant behind the `code` of a request, which is used up by that. Raises Unauthorized."""
    code = parameters.get("code", "")
    with world.transaction():
        found = world.get("code", code)
        if found is None or found["platform"] != provider.platform:
            raise Unauthorized("unknown")
        if found["used"]:
            raise Unauthorized("used")
        if found["expires_at"] <= world.seconds():
            raise Unauthorized("expired")
        if found["redirect_uri"] != parameters.get("redirect_uri"):
            raise Unauthorized("redirect")
        if found["challenge"] and not _is_verified(provider, found["challenge"], parameters.get("code_verifier")):
            raise Unauthorized("verifier")
        world.put("code", code, {**found, "used": True})
        return _valid_grant(world, found["grant"])


def _is_verified(provider: Provider, challenge: str, verifier: str | None) -> bool:
    return provider.challenge_of is not None and provider.challenge_of(verifier or "") == challenge


def _valid_grant(world: Store, id: str) -> Grant:
    found = world.get("grant", id)
    if found is None:
        raise Unauthorized("unknown")
    if found.pop("revoked"):
        raise Unauthorized("revoked")
    return Grant(**found)


# ── tokens ───────────────────────────────────────────────────────────────────────────────────────────────


def issue_token(world: Store, grant: Grant, kind: Kind, *, prefix: str, seconds: float) -> str:
    """A new token of the grant, good for so long."""
    value = f"{prefix}{secrets.token_urlsafe(64)}"
    now = world.seconds()
    token = {"grant": grant.id, "kind": kind, "issued_at": now, "expires_at": now + seconds}
    world.put("token", value, {"platform": grant.platform, "account": grant.account, **token})
    return value


def get_token(world: Store, platform: Platform, value: str | None, kind: Kind = "access") -> Token:
    """The token of that value. Raises Unauthorized where it is not (any more) good."""
    with world.transaction():
        found = world.get("token", value or "")
        if found is None or (found["platform"], found["kind"]) != (platform, kind):
            raise Unauthorized("unknown")
        grant = _valid_grant(world, found["grant"])
        if found["expires_at"] <= world.seconds():
            raise Unauthorized("expired")
        return Token(value or "", grant, found["issued_at"], found["expires_at"])


def delete_token(world: Store, value: str) -> None:
    """Make one token worthless, as a rotated one is."""
    world.delete("token", value)


def has_token(world: Store, grant: Grant, kind: Kind) -> bool:
    """Whether the grant's account holds a token of that kind from any grant that stands."""
    tokens = world.all("token", platform=grant.platform, account=grant.account, kind=kind)
    owners = [world.get("grant", token["grant"]) for token in tokens if token["expires_at"] > world.seconds()]
    return any(owner and not owner["revoked"] for owner in owners)


def revoke(world: Store, platform: Platform, account: str) -> None:
    """Take back all that the account has allowed, as its owner does in the platform's own pages."""
    with world.transaction():
        for grant in world.all("grant", platform=platform, account=account):
            world.put("grant", grant["id"], {**grant, "revoked": True})


def bearer_token(authorization: str | None) -> str | None:
    """The token of an Authorization header."""
    scheme, _, value = (authorization or "").partition(" ")
    return value.strip() if scheme.lower() == "bearer" else None
