"""Google's error format, with YouTube's reasons and messages."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from sandbox.api_error import ApiError

_QUOTA: Final = (
    "The request cannot be completed because you have exceeded your "
    '<a href="/youtube/v3/getting-started#quota">quota</a>.'
)
_CREDENTIALS: Final = (
    "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid "
    "authentication credential."
)
# Google's names for the HTTP statuses.
_STATUS_NAMES: Final[Mapping[HTTPStatus, str]] = {
    HTTPStatus.BAD_REQUEST: "INVALID_ARGUMENT",
    HTTPStatus.UNAUTHORIZED: "UNAUTHENTICATED",
    HTTPStatus.FORBIDDEN: "PERMISSION_DENIED",
    HTTPStatus.NOT_FOUND: "NOT_FOUND",
    HTTPStatus.CONFLICT: "ALREADY_EXISTS",
}


def api_error(status: HTTPStatus, reason: str, message: str, *, domain: str = "youtube.video") -> ApiError:
    """An error with the reason and domain by which clients identify it."""
    errors = [{"message": message, "domain": domain, "reason": reason}]
    return ApiError(
        status, {"error": {"code": int(status), "message": message, "errors": errors, "status": _STATUS_NAMES[status]}}
    )


def invalid(reason: str, message: str) -> ApiError:
    """Invalid video metadata or content."""
    return api_error(HTTPStatus.BAD_REQUEST, reason, message)


def bad_request(message: str) -> ApiError:
    """The request does not match the API's schema."""
    return api_error(HTTPStatus.BAD_REQUEST, "badRequest", message, domain="global")


def not_found(reason: str, message: str) -> ApiError:
    return api_error(HTTPStatus.NOT_FOUND, reason, message)


def unauthenticated() -> ApiError:
    """The token is missing, expired or revoked; Google does not distinguish."""
    return api_error(HTTPStatus.UNAUTHORIZED, "authError", _CREDENTIALS, domain="global")


def scope_missing() -> ApiError:
    message = "Request had insufficient authentication scopes."
    return api_error(HTTPStatus.FORBIDDEN, "insufficientPermissions", message, domain="global")


def quota_exceeded() -> ApiError:
    """The project's daily quota is used up."""
    return api_error(HTTPStatus.FORBIDDEN, "quotaExceeded", _QUOTA, domain="youtube.quota")


def upload_limit_exceeded() -> ApiError:
    """The channel's daily upload limit is reached. Unlike other limits, it is a 400."""
    return invalid("uploadLimitExceeded", "The user has exceeded the number of videos they may upload.")
