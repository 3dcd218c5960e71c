"""OAuth by Instagram Login. There is no refresh token: a long-lived access token renews itself."""

from datetime import datetime, timedelta
from typing import Any, Final

import httpx
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri

from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.net.error_text import platform_message
from content_pipeline.core.platforms import transport
from content_pipeline.core.platforms.base import Access, Disconnected, Expired
from content_pipeline.core.platforms.instagram import graph, insights
from content_pipeline.core.platforms.instagram.errors import failure
from content_pipeline.core.platforms.instagram.settings import InstagramSettings
from content_pipeline.core.platforms.oauth_client import RECONNECT, OAuthClient, send
from content_pipeline.core.platforms.oauth_provider import Profile, Tokens
from content_pipeline.core.platforms.response_json import json_object

_CLIENT: Final = OAuthClient("Instagram", InstagramSettings)
_GRAPH: Final = "graph.instagram.com"
SCOPES: Final = ("instagram_business_content_publish", *insights.SCOPES)
# A younger token is not renewed.
_RENEWED_FROM: Final = timedelta(hours=24)


class InstagramOAuth:
    def authorize_url(self, *, redirect_uri: str, state: str, verifier: str) -> str:
        address = transport.url("www.instagram.com", "/oauth/authorize")
        return str(
            prepare_grant_uri(
                address,
                _CLIENT.app().id,
                "code",
                redirect_uri=redirect_uri,
                scope=",".join(SCOPES),
                state=state,
                # The person signs in again: a consent that was given before is no answer to somebody else's link.
                force_reauth="true",
            )
        )

    def exchange(self, code: str, *, redirect_uri: str, verifier: str) -> Tokens:
        app = _CLIENT.app()
        form = {
            "client_id": app.id,
            "client_secret": app.secret,
            "grant_type": "authorization_code",
            "redirect_uri": redirect_uri,
            "code": code.removesuffix("#_"),
        }
        # The form is sent as multipart, with fields and no files.
        parts = {name: (None, value) for name, value in form.items()}
        address = transport.url("api.instagram.com", "/oauth/access_token")
        body = _body(send("POST", address, files=parts))
        short = body["data"][0] if "data" in body else body
        long = _long_lived(
            "/access_token",
            grant_type="ig_exchange_token",
            client_secret=app.secret,
            access_token=_CLIENT.tokens(short).access,
        )
        return _CLIENT.tokens({**long, "scope": _text(short.get("permissions"))})

    def refresh(self, tokens: Tokens, *, issued_at: datetime) -> Tokens:
        if now() - issued_at < _RENEWED_FROM:
            raise Disconnected(
                "Instagram does not take the token any more, and is too new to be renewed.",
                remedy=RECONNECT,
            )
        body = _long_lived("/refresh_access_token", grant_type="ig_refresh_token", access_token=tokens.access)
        return _CLIENT.tokens(body)

    def revoke(self, tokens: Tokens) -> None:
        """No-op: users revoke it in their Instagram settings."""

    def profile(self, token: str) -> Profile:
        user, _ = graph.get(Access("me", token), "me", fields="user_id,username,name")
        return Profile(
            user_id=str(user["user_id"]), handle=f"@{user['username']}", name=user.get("name") or user["username"]
        )


def _long_lived(path: str, **parameters: str) -> dict[str, Any]:
    return _body(send("GET", transport.url(_GRAPH, path), params=parameters))


def _body(response: httpx.Response) -> dict[str, Any]:
    body = json_object(response)
    if response.is_success and "error" not in body:
        return body
    if sentence := platform_message(body.get("error_message")):  # how api.instagram.com refuses, flat
        raise Disconnected(f"Instagram says: {sentence}", remedy=RECONNECT)
    error = failure(response)
    raise Disconnected(error.detail, remedy=RECONNECT) if isinstance(error, Expired) else error


def _text(permissions: object) -> str:
    """Permissions come as text with commas, or as a list."""
    return ",".join(permissions) if isinstance(permissions, list) else str(permissions or "")
