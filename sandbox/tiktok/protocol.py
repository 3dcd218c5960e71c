"""TikTok API conventions: response envelope, authentication, rate limits per minute."""

import hashlib
from http import HTTPStatus
from json import JSONDecodeError
from secrets import token_hex
from typing import Annotated, Any, Final, TypeVar

from fastapi import Depends, Request
from pydantic import BaseModel, ValidationError

from sandbox import oauth, sliding_window
from sandbox.api_error import ApiError
from sandbox.oauth import Grant, Provider, Unauthorized
from sandbox.store import Store


def _open_id(username: str) -> str:
    return f"_000{hashlib.sha256(f'tiktok/{username}'.encode()).hexdigest()[:32]}"


def challenge_of(verifier: str) -> str:
    """TikTok's PKCE deviates from RFC 7636: the digest is in hex."""
    return hashlib.sha256(verifier.encode()).hexdigest()


PROVIDER: Final = Provider(
    platform="tiktok",
    title="TikTok",
    scopes={
        "user.info.basic": "See your name and picture",
        "user.info.profile": "See your user name and profile",
        "user.info.stats": "See how many follow you",
        "video.list": "See your public videos",
        "video.upload": "Put drafts into your inbox",
        "video.publish": "Post videos for you",
    },
    account_id=_open_id,
    code_seconds=600,
    denial={
        "error": "access_denied",
        "error_description": "User cancelled the authorization",
        "error_type": "access_denied",
    },
    challenge_of=challenge_of,
)


def ok(data: dict[str, Any]) -> dict[str, Any]:
    return {"data": data, "error": {"code": "ok", "message": "", "log_id": _log_id()}}


def api_error(status: int, code: str, message: str) -> ApiError:
    return ApiError(status, {"data": {}, "error": {"code": code, "message": message, "log_id": _log_id()}})


def invalid_params(message: str) -> ApiError:
    return api_error(HTTPStatus.BAD_REQUEST, "invalid_params", message)


def authenticate(request: Request, *scopes: str) -> Grant:
    """The grant of the request's token, which must have one of the scopes. Raises ApiError `access_token_invalid`,
    `scope_not_authorized`."""
    value = oauth.bearer_token(request.headers.get("authorization"))
    try:
        grant = oauth.get_token(request.app.state.store, "tiktok", value).grant
    except Unauthorized as error:
        message = "The access token is invalid or not found in the request."
        raise api_error(HTTPStatus.UNAUTHORIZED, "access_token_invalid", message) from error
    check_scopes(grant, *scopes)
    return grant


def check_scopes(grant: Grant, *scopes: str) -> None:
    if not set(scopes) & set(grant.scopes):
        message = f"The user did not authorize the scope {scopes[0]} required for completing this request."
        raise api_error(HTTPStatus.UNAUTHORIZED, "scope_not_authorized", message)


def count_call(store: Store, grant: Grant, name: str, limit: int) -> None:
    """Count a call against the user's limit per minute. Raises ApiError `rate_limit_exceeded` above it."""
    if sliding_window.record(store, f"tiktok/{name}/{grant.account}", seconds=60, limit=limit) > 1:
        message = "The API rate limit was exceeded. Please try again later."
        raise api_error(HTTPStatus.TOO_MANY_REQUESTS, "rate_limit_exceeded", message)


def oauth_error_body(error: str, description: str) -> dict[str, str]:
    """Error body of the OAuth endpoints, which have no envelope and use status 200."""
    return {"error": error, "error_description": description, "log_id": _log_id()}


def _log_id() -> str:
    return f"2026{token_hex(14).upper()}"


async def _json_body(request: Request) -> dict[str, Any]:
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise invalid_params("The Content-Type is not application/json.")
    try:
        sent = await request.json()
    except (JSONDecodeError, UnicodeDecodeError) as error:
        raise invalid_params("The body is not JSON.") from error
    if not isinstance(sent, dict):
        raise invalid_params("The body is not a JSON object.")
    return sent


_Body = TypeVar("_Body", bound=BaseModel)


def validated(kind: type[_Body], sent: dict[str, Any]) -> _Body:
    """Validate a request body. Raises ApiError `invalid_params`."""
    try:
        return kind.model_validate(sent)
    except ValidationError as error:
        first = error.errors()[0]
        raise invalid_params(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error


JsonBody = Annotated[dict[str, Any], Depends(_json_body)]
