"""Google's error bodies, with the words and reasons that YouTube has for them."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from sandbox.refusals import Refusal

_QUOTA: Final = (
    "The request cannot be completed because you have exceeded your "
    '<a href="/youtube/v3/getting-started#quota">quota</a>.'
)
_CREDENTIALS: Final = (
    "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid "
    "authentication credential."
)
# What Google calls a status beside its number.
_WORDS: Final[Mapping[HTTPStatus, str]] = {
    HTTPStatus.BAD_REQUEST: "INVALID_ARGUMENT",
    HTTPStatus.UNAUTHORIZED: "UNAUTHENTICATED",
    HTTPStatus.FORBIDDEN: "PERMISSION_DENIED",
    HTTPStatus.NOT_FOUND: "NOT_FOUND",
    HTTPStatus.CONFLICT: "ALREADY_EXISTS",
}


def refused(status: HTTPStatus, reason: str, message: str, *, domain: str = "youtube.video") -> Refusal:
    """A request that YouTube does not do, with the reason and the domain that clients tell it by."""
    errors = [{"message": message, "domain": domain, "reason": reason}]
    return Refusal(
        status, {"error": {"code": int(status), "message": message, "errors": errors, "status": _WORDS[status]}}
    )


def invalid(reason: str, message: str) -> Refusal:
    """Something is wrong in the metadata of a video."""
    return refused(HTTPStatus.BAD_REQUEST, reason, message)


def bad_request(message: str) -> Refusal:
    """The request does not fit the API's description."""
    return refused(HTTPStatus.BAD_REQUEST, "badRequest", message, domain="global")


def not_found(reason: str, message: str) -> Refusal:
    return refused(HTTPStatus.NOT_FOUND, reason, message)


def unauthenticated() -> Refusal:
    """No token, or one that expired or was revoked: Google does not tell them apart."""
    return refused(HTTPStatus.UNAUTHORIZED, "authError", _CREDENTIALS, domain="global")


def scope_missing() -> Refusal:
    message = "Request had insufficient authentication scopes."
    return refused(HTTPStatus.FORBIDDEN, "insufficientPermissions", message, domain="global")


def quota_exceeded() -> Refusal:
    """The project's day is used up."""
    return refused(HTTPStatus.FORBIDDEN, "quotaExceeded", _QUOTA, domain="youtube.quota")


def upload_limit_exceeded() -> Refusal:
    """The channel's day is used up. It is a 400, unlike any other limit."""
    return invalid("uploadLimitExceeded", "The user has exceeded the number of videos they may upload.")
