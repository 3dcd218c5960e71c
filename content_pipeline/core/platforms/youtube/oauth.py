"""Google's OAuth, for YouTube. The account is a channel, not the person who signs in."""

from datetime import datetime
from typing import Final

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from content_pipeline.core.platforms import transport
from content_pipeline.core.platforms.base import Disconnected, Refused
from content_pipeline.core.platforms.oauth_client import RECONNECT, OAuthClient
from content_pipeline.core.platforms.oauth_provider import Profile, Tokens
from content_pipeline.core.platforms.youtube import insights
from content_pipeline.core.platforms.youtube.errors import checked
from content_pipeline.core.platforms.youtube.settings import YouTubeSettings

_CLIENT: Final = OAuthClient("YouTube", YouTubeSettings)
_TOKENS: Final = "oauth2.googleapis.com"
SCOPES: Final = (
    "https://www.googleapis.com/auth/youtube.upload",
    "https://www.googleapis.com/auth/youtube.force-ssl",
    *insights.SCOPES,
)


class YouTubeOAuth:
    def authorize_url(self, *, redirect_uri: str, state: str, verifier: str) -> str:
        return str(
            prepare_grant_uri(
                transport.url("accounts.google.com", "/o/oauth2/v2/auth"),
                _CLIENT.app().id,
                "code",
                redirect_uri=redirect_uri,
                scope=" ".join(SCOPES),
                state=state,
                code_challenge=create_s256_code_challenge(verifier),
                code_challenge_method="S256",
                # Without offline there is no refresh token; without consent, only at the very first one. The person
                # chooses the account each time: the one that is signed in may be another than they mean.
                access_type="offline",
                prompt="consent select_account",
                include_granted_scopes="true",
            )
        )

    def exchange(self, code: str, *, redirect_uri: str, verifier: str) -> Tokens:
        return self._tokens(
            grant_type="authorization_code", code=code, redirect_uri=redirect_uri, code_verifier=verifier
        )

    def refresh(self, tokens: Tokens, *, issued_at: datetime) -> Tokens:
        if tokens.refresh is None:
            raise Disconnected("Google gave no way to renew the consent.", remedy=RECONNECT)
        return self._tokens(grant_type="refresh_token", refresh_token=tokens.refresh)

    def revoke(self, tokens: Tokens) -> None:
        _CLIENT.post(transport.url(_TOKENS, "/revoke"), {"token": tokens.refresh or tokens.access})

    def profile(self, token: str) -> Profile:
        response = checked(
            transport.read(
                "GET",
                transport.url("www.googleapis.com", "/youtube/v3/channels"),
                params={"part": "snippet", "mine": "true"},
                headers={"Authorization": f"Bearer {token}"},
            )
        )
        channels = response.json().get("items")  # missing for a person without one
        if not channels:
            raise Refused(
                "This Google account has no YouTube channel.",
                code="no_channel",
                remedy="Make a channel on youtube.com, or choose an account that has one.",
            )
        title = channels[0]["snippet"]["title"]
        handle = channels[0]["snippet"].get("customUrl") or title
        return Profile(user_id=channels[0]["id"], handle=f"@{handle.removeprefix('@')}", name=title)

    def _tokens(self, **form: str) -> Tokens:
        app = _CLIENT.app()
        address = transport.url(_TOKENS, "/token")
        return _CLIENT.tokens(_CLIENT.post(address, {"client_id": app.id, "client_secret": app.secret, **form}))
