"""LinkedIn API conventions: error bodies, authentication, version headers, strict request bodies."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Final, TypeVar

from fastapi import Header, Request
from pydantic import BaseModel, ConfigDict, ValidationError

from sandbox import oauth
from sandbox.api_error import ApiError
from sandbox.oauth import Grant, Provider, Reason, Unauthorized, derived_id
from sandbox.store import Store

SHARE: Final = "w_member_social"
POST_ANALYTICS: Final = "r_member_postAnalytics"
PROFILE_ANALYTICS: Final = "r_member_profileAnalytics"

PROVIDER: Final = Provider(
    platform="linkedin",
    title="LinkedIn",
    scopes={
        "openid": "Use your identity",
        "profile": "Use your name and photo",
        "email": "Use the email address of your account",
        SHARE: "Create, modify and delete posts on your behalf",
        POST_ANALYTICS: "See how your posts do",
        PROFILE_ANALYTICS: "See who views your profile, and how many follow you",
    },
    account_id=lambda username: derived_id("linkedin", username, 10),
    code_seconds=30 * 60,
    denial={"error": "user_cancelled_authorize", "error_description": "The user cancelled the authorization"},
)

# A version is supported for about a year.
_MONTHS_SUPPORTED: Final = 12
_VERSION: Final = re.compile(r"(20\d\d)(0[1-9]|1[0-2])")
# serviceErrorCode, code and message of an invalid token. "unknown" is the default for other reasons.
_TOKEN_ERRORS: Final[Mapping[Reason, tuple[int, str, str]]] = {
    "unknown": (65600, "INVALID_ACCESS_TOKEN", "Invalid access token"),
    "revoked": (65601, "REVOKED_ACCESS_TOKEN", "The token used in the request has been revoked by the user"),
    "expired": (65602, "EXPIRED_ACCESS_TOKEN", "The token used in the request has expired"),
}


def api_error(status: HTTPStatus, code: str, message: str, *, service_error: int | None = None) -> ApiError:
    """An error in LinkedIn's format."""
    body: dict[str, Any] = {"status": int(status), "code": code, "message": message}
    return ApiError(status, body if service_error is None else {"serviceErrorCode": service_error, **body})


def bad_request(code: str, message: str) -> ApiError:
    return api_error(HTTPStatus.BAD_REQUEST, code, message)


def token_error(reason: Reason) -> ApiError:
    number, code, message = _TOKEN_ERRORS.get(reason, _TOKEN_ERRORS["unknown"])
    return api_error(HTTPStatus.UNAUTHORIZED, code, message, service_error=number)


def access_denied(resource: str) -> ApiError:
    return api_error(
        HTTPStatus.FORBIDDEN, "ACCESS_DENIED", f"Not enough permissions to access: {resource}", service_error=100
    )


def forbidden_video() -> ApiError:
    message = "Accessing this video resource is forbidden. Please check your permissions for this resource"
    return api_error(HTTPStatus.FORBIDDEN, "ACCESS_DENIED", message)


def throttled() -> ApiError:
    """The daily limit is reached. There is no Retry-After header."""
    message = "Resource level throttle limit APPLICATION_AND_MEMBER DAY limit for calls to this resource is reached."
    return api_error(HTTPStatus.TOO_MANY_REQUESTS, "TOO_MANY_REQUESTS", message, service_error=101)


def authenticate(store: Store, authorization: str | None, scope: str, resource: str) -> Grant:
    """The grant of an Authorization header. Raises ApiError if the token is invalid or lacks the scope."""
    try:
        grant = oauth.get_token(store, "linkedin", oauth.bearer_token(authorization)).grant
    except Unauthorized as error:
        raise token_error(error.reason) from error
    if scope not in grant.scopes:
        raise access_denied(resource)
    return grant


def authenticated(scope: str, resource: str) -> Callable[..., Grant]:
    """FastAPI dependency: the caller's grant, for endpoints under `/rest`, which require version headers."""

    def caller(
        request: Request,
        authorization: Annotated[str | None, Header()] = None,
        linkedin_version: Annotated[str | None, Header()] = None,
        x_restli_protocol_version: Annotated[str | None, Header()] = None,
    ) -> Grant:
        store: Store = request.app.state.store
        grant = authenticate(store, authorization, scope, resource)
        _check_version(linkedin_version, store.now())
        if x_restli_protocol_version != "2.0.0":
            raise bad_request("ILLEGAL_ARGUMENT", "X-RestLi-Protocol-Version has to be 2.0.0 for this resource")
        return grant

    return caller


def _check_version(version: str | None, now: datetime) -> None:
    if version is None:
        message = "A version must be present. Please specify a version by adding the LinkedIn-Version header."
        raise bad_request("VERSION_MISSING", message)
    match = _VERSION.fullmatch(version)
    age = 12 * (now.year - int(match[1])) + now.month - int(match[2]) if match else -1
    if not 0 <= age <= _MONTHS_SUPPORTED:
        message = f"Requested version {version} is not active"
        raise api_error(HTTPStatus.UPGRADE_REQUIRED, "NONEXISTENT_VERSION", message)


class StrictModel(BaseModel):
    """A request body; LinkedIn rejects unknown fields."""

    model_config = ConfigDict(extra="forbid")


_Parsed = TypeVar("_Parsed", bound=StrictModel)


def parse(model: type[_Parsed], body: Any) -> _Parsed:
    """Validate a request body. Raises ApiError."""
    try:
        return model.model_validate(body)
    except ValidationError as error:
        problem = error.errors()[0]
        path = "".join(f"/{name}" for name in problem["loc"])
        code = "MISSING_FIELD" if problem["type"] == "missing" else "INVALID_VALUE_FOR_FIELD"
        raise bad_request(code, f"ERROR :: {path} :: {problem['msg']}") from error
