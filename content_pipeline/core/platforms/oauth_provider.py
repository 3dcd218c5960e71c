"""What connecting an account asks of a platform: OAuth 2, as each of them means it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a platform gave for an account. `refresh` is None where there is none, or (on a refresh) where the old one
    stays good; a time is None where the platform does not say it or cannot be believed."""

    access: str = field(repr=False)
    expires_at: datetime | None
    refresh: str | None = field(repr=False)
    refresh_expires_at: datetime | None
    scopes: Sequence[str]


@dataclass(frozen=True, slots=True)
class Profile:
    """Whose account it is: `user_id` at the platform, `handle` as people write it."""

    user_id: str
    handle: str
    name: str


class OAuthProvider(Protocol):
    """One platform's OAuth. Methods raise what `base.Publisher` names; a refused grant is Disconnected."""

    def authorize_url(self, *, redirect_uri: str, state: str, verifier: str) -> str:
        """Where the person is sent to consent. `verifier` is the PKCE secret, for platforms that take it."""

    def exchange(self, code: str, *, redirect_uri: str, verifier: str) -> Tokens:
        """Tokens for the code that came back."""

    def refresh(self, tokens: Tokens, *, issued_at: datetime) -> Tokens:
        """New tokens for old ones. Called by one process at a time for an account."""

    def revoke(self, tokens: Tokens) -> None:
        """Take the grant back where the platform has a way to; else nothing."""

    def profile(self, token: str) -> Profile:
        """Whose token this is."""
