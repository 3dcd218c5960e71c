"""TikTok's OAuth v2: `client_key`, PKCE in hex, errors with status 200, rotating refresh tokens."""

import re
from typing import Any, Final
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from sandbox import oauth
from sandbox.api_error import ApiError
from sandbox.consent_page import show_consent, show_error
from sandbox.faults import fault_point
from sandbox.oauth import AuthorizationRequest, Grant, Unauthorized
from sandbox.parameters import Parameters
from sandbox.store import Store
from sandbox.tiktok import protocol

_ACCESS_SECONDS: Final = 86_400
_REFRESH_SECONDS: Final = 365 * 86_400


def routes(store: Store) -> APIRouter:
    router = APIRouter()
    token_step = [Depends(fault_point("tiktok", "grant"))]

    @router.get("/www.tiktok.com/v2/auth/authorize/")
    def authorize(request: Request, parameters: Parameters) -> Response:
        redirect_uri, challenge = parameters.get("redirect_uri"), parameters.get("code_challenge")
        if parameters.get("response_type") != "code":
            return show_error(request, protocol.PROVIDER, "The response_type must be code.")
        if challenge is None and urlsplit(redirect_uri or "").hostname in ("localhost", "127.0.0.1"):
            return show_error(
                request, protocol.PROVIDER, "The code_challenge is missing, which a localhost redirect requires."
            )
        if challenge is not None and not _is_challenge(challenge, parameters.get("code_challenge_method")):
            return show_error(
                request, protocol.PROVIDER, "The code_challenge is not a SHA-256 digest in hex with method S256."
            )
        scopes = [scope.strip() for scope in parameters.get("scope", "").split(",") if scope.strip()]
        authorization = AuthorizationRequest(
            parameters.get("client_key"), redirect_uri, scopes, parameters.get("state"), challenge
        )
        return show_consent(request, protocol.PROVIDER, authorization)

    @router.post("/open.tiktokapis.com/v2/oauth/token/", dependencies=token_step)
    def token(request: Request, parameters: Parameters) -> dict[str, Any]:
        _check_request(request, parameters)
        match parameters.get("grant_type"):
            case "authorization_code":
                return _tokens(_exchange_code(parameters))
            case "refresh_token":
                return _tokens(_refresh(parameters.get("refresh_token")))
        raise _oauth_error("unsupported_grant_type", "Grant type is not supported.")

    @router.post("/open.tiktokapis.com/v2/oauth/revoke/", dependencies=token_step)
    def revoke(request: Request, parameters: Parameters) -> dict[str, Any]:
        _check_request(request, parameters)
        try:
            grant = oauth.get_token(store, "tiktok", parameters.get("token")).grant
        except Unauthorized as error:
            raise _oauth_error("invalid_grant", "Access token is invalid or expired.") from error
        oauth.revoke(store, "tiktok", grant.account)
        return {}

    def _exchange_code(parameters: dict[str, str]) -> Grant:
        try:
            return oauth.exchange_code(store, protocol.PROVIDER, parameters)
        except Unauthorized as error:
            if error.reason == "verifier":
                raise _oauth_error("invalid_request", "Code verifier or code challenge is invalid.") from error
            if error.reason == "redirect":
                raise _oauth_error(
                    "invalid_request", "Redirect_uri is not matched with the uri of the code."
                ) from error
            raise _oauth_error("invalid_grant", "Authorization code is expired.") from error

    def _refresh(value: str | None) -> Grant:
        with store.transaction():
            try:
                token = oauth.get_token(store, "tiktok", value, "refresh")
            except Unauthorized as error:
                raise _oauth_error("invalid_grant", "Refresh token is invalid or expired.") from error
            oauth.delete_token(store, token.value)
            return token.grant

    def _tokens(grant: Grant) -> dict[str, Any]:
        return {
            "access_token": oauth.issue_token(store, grant, "access", prefix="act.", seconds=_ACCESS_SECONDS),
            "expires_in": _ACCESS_SECONDS,
            "open_id": grant.account,
            "refresh_token": oauth.issue_token(store, grant, "refresh", prefix="rft.", seconds=_REFRESH_SECONDS),
            "refresh_expires_in": _REFRESH_SECONDS,
            "scope": ",".join(grant.scopes),
            "token_type": "Bearer",
        }

    return router


def _is_challenge(challenge: str, method: str | None) -> bool:
    return method == "S256" and re.fullmatch(r"[0-9a-f]{64}", challenge) is not None


def _check_request(request: Request, parameters: dict[str, str]) -> None:
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        raise _oauth_error("invalid_request", "Only `application/x-www-form-urlencoded` is accepted as Content-Type.")
    if not protocol.PROVIDER.is_client(parameters.get("client_key"), parameters.get("client_secret")):
        raise _oauth_error("invalid_client", "Client key or secret is incorrect.")


def _oauth_error(error: str, description: str) -> ApiError:
    return ApiError(200, protocol.oauth_error_body(error, description))
