"""Instagram Login: code, short-lived token (1 hour), long-lived token (60 days, refreshable). No refresh token."""

from http import HTTPStatus
from typing import Any, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from sandbox import oauth
from sandbox.api_error import ApiError
from sandbox.consent_page import show_consent, show_error
from sandbox.faults import fault_point
from sandbox.instagram import protocol
from sandbox.oauth import AuthorizationRequest, Token, Unauthorized
from sandbox.parameters import Parameters
from sandbox.store import Store

_SHORT: Final = "IGAAS"
_SHORT_SECONDS: Final = 3600
_LONG: Final = "IGAAL"
_LONG_SECONDS: Final = 60 * 86_400
_MIN_REFRESH_AGE_SECONDS: Final = 86_400


def routes(store: Store) -> APIRouter:
    router = APIRouter()
    token_step = [Depends(fault_point("instagram", "grant"))]

    @router.get("/www.instagram.com/oauth/authorize")
    def authorize(request: Request, parameters: Parameters) -> Response:
        if parameters.get("response_type") != "code":
            return show_error(request, protocol.PROVIDER, "The response_type must be code.")
        scopes = [scope.strip() for scope in parameters.get("scope", "").split(",") if scope.strip()]
        authorization = AuthorizationRequest(
            parameters.get("client_id"), parameters.get("redirect_uri"), scopes, parameters.get("state")
        )
        return show_consent(request, protocol.PROVIDER, authorization)

    @router.post("/api.instagram.com/oauth/access_token", dependencies=token_step)
    def exchange_code(parameters: Parameters) -> dict[str, Any]:
        if not protocol.PROVIDER.is_client(parameters.get("client_id"), parameters.get("client_secret")):
            raise _oauth_error("Invalid platform app")
        if parameters.get("grant_type") != "authorization_code":
            raise _oauth_error("Invalid grant_type")
        try:
            grant = oauth.exchange_code(store, protocol.PROVIDER, parameters)
        except Unauthorized as error:
            raise _oauth_error(_CODE_ERRORS.get(error.reason, "Invalid authorization code")) from error
        token = oauth.issue_token(store, grant, "access", prefix=_SHORT, seconds=_SHORT_SECONDS)
        return {"access_token": token, "user_id": int(grant.account), "permissions": ",".join(grant.scopes)}

    @router.get("/graph.instagram.com/access_token", dependencies=token_step)
    def exchange_short(parameters: Parameters) -> dict[str, Any]:
        _check_grant_type(parameters, "ig_exchange_token")
        if not protocol.PROVIDER.is_client(protocol.PROVIDER.client_id, parameters.get("client_secret")):
            raise protocol.api_error("Error validating client secret.", 1)
        token = _token(parameters.get("access_token"), _SHORT)
        return _long(token)

    @router.get("/graph.instagram.com/refresh_access_token", dependencies=token_step)
    def refresh(parameters: Parameters) -> dict[str, Any]:
        _check_grant_type(parameters, "ig_refresh_token")
        token = _token(parameters.get("access_token"), _LONG)
        if protocol.BASIC not in token.grant.scopes:
            raise protocol.api_error("(#10) Application does not have permission for this action", 10)
        if store.timestamp() - token.issued_at < _MIN_REFRESH_AGE_SECONDS:
            raise protocol.api_error("The access token cannot be refreshed before it is 24 hours old.", 100)
        return _long(token)

    def _token(value: str | None, prefix: str) -> Token:
        try:
            token = oauth.get_token(store, "instagram", value)
        except Unauthorized as error:
            raise protocol.token_error(error) from error
        if not token.value.startswith(prefix):
            raise protocol.api_error("Invalid access token: this endpoint does not accept this kind of token.", 100)
        return token

    def _long(token: Token) -> dict[str, Any]:
        value = oauth.issue_token(store, token.grant, "access", prefix=_LONG, seconds=_LONG_SECONDS)
        return {"access_token": value, "token_type": "bearer", "expires_in": _LONG_SECONDS}

    return router


_CODE_ERRORS: Final = {
    "used": "This authorization code has been used",
    "expired": "This authorization code has expired",
    "redirect": "Error validating verification code. Please make sure your redirect_uri is identical to the one "
    "you used in the OAuth dialog request",
}


def _oauth_error(message: str) -> ApiError:
    """Error of api.instagram.com, without the Graph API's envelope."""
    body = {"error_type": "OAuthException", "code": HTTPStatus.BAD_REQUEST, "error_message": message}
    return ApiError(HTTPStatus.BAD_REQUEST, body)


def _check_grant_type(parameters: dict[str, str], expected: str) -> None:
    if parameters.get("grant_type") != expected:
        raise protocol.api_error(f"Invalid parameter: grant_type must be {expected}", 100)
