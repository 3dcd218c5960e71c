"""OAuthProvider: the protocol of a platform's OAuth 2 dialect, and its values."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens of an account. `refresh` is None where there is none, or where the old one stays valid; an expiry is None
    where the platform does not tell it, or tells it wrongly."""

    access: str = field(repr=False)
    expires_at: datetime | None
    refresh: str | None = field(repr=False)
    refresh_expires_at: datetime | None
    scopes: Sequence[str]


@dataclass(frozen=True, slots=True)
class Profile:
    """The owner of a token: `user_id` at the platform, `handle` as people write it."""

    user_id: str
    handle: str
    name: str


class OAuthProvider(Protocol):
    """OAuth at one platform. Methods raise what `base.Publisher` names; a refused grant is Disconnected."""

    def authorize_url(self, *, redirect_uri: str, state: str, verifier: str) -> str:
        """URL of the consent page. `verifier` is the PKCE code verifier, for platforms that support it."""

    def exchange(self, code: str, *, redirect_uri: str, verifier: str) -> Tokens:
        """Exchange the authorization code for tokens."""

    def refresh(self, tokens: Tokens, *, issued_at: datetime) -> Tokens:
        """Refresh tokens that were issued then. Called by one process at a time for an account."""

    def revoke(self, tokens: Tokens) -> None:
        """Revoke the grant; a no-op where the platform has no endpoint for it."""

    def profile(self, token: str) -> Profile:
        """The profile of the token's owner."""
