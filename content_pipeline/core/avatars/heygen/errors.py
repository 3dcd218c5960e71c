"""Maps HeyGen's error answers to errors of ours."""

from http import HTTPStatus
from typing import Final

import httpx
from pydantic import BaseModel, ValidationError

from content_pipeline.core.errors import Error, Invalid, TooManyRequests, UpstreamError
from content_pipeline.core.infrastructure.net.error_text import platform_message
from content_pipeline.core.infrastructure.net.retry_after import retry_after
from content_pipeline.core.infrastructure.net.service_errors import Service
from content_pipeline.core.infrastructure.net.storable_text import storable
from content_pipeline.core.settings import settings

SERVICE: Final = Service(name="HeyGen", code="heygen", setting="CONTENT_PIPELINE_HEYGEN")

_UNAUTHORIZED: Final = frozenset({"unauthorized", "authentication_failed", "forbidden"})
# The first comes with a submission, the second as the failure of a video that was accepted.
_NO_CREDIT: Final = frozenset({"insufficient_credit", "MOVIO_PAYMENT_INSUFFICIENT_CREDIT"})


class SubmissionUnknown(UpstreamError):
    """A submission was sent, and its answer was lost or tells nothing: HeyGen may have accepted and charged it."""

    code = "avatar_submission_unknown"
    retryable = True

    def __init__(self, how: str) -> None:
        super().__init__(
            f"HeyGen's answer was lost ({how}); whether it took the video is not known yet.",
            remedy="Nothing to do: it is looked for before it is sent again.",
        )


class _Fault(BaseModel):
    code: str = ""
    message: str = ""


class _ErrorBody(BaseModel):
    error: _Fault


def error_of(response: httpx.Response) -> Error:
    """The error for an unsuccessful response."""
    status, fault = response.status_code, _fault(response)
    said = _sentence(fault.code or str(status), fault.message)
    if fault.code in _NO_CREDIT or status == HTTPStatus.PAYMENT_REQUIRED:
        return _no_credit(said)
    if fault.code in _UNAUTHORIZED or status == HTTPStatus.UNAUTHORIZED:
        return UpstreamError(
            f"HeyGen refused the API key: {said}",
            code="heygen_unauthorized",
            remedy="Check CONTENT_PIPELINE_HEYGEN_API_KEY.",
        )
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return TooManyRequests(
            f"HeyGen is asked too often: {said}",
            code="heygen_limited",
            remedy="Nothing to do: it is tried again.",
            retry_after=retry_after(response),
        )
    if response.is_client_error and status != HTTPStatus.REQUEST_TIMEOUT:
        return Invalid(
            f"HeyGen refused this: {said}", code="heygen_refused", remedy="Change what HeyGen names, then retry."
        )
    return SERVICE.failed(str(status), seconds=retry_after(response))


def failed_video(code: str | None, message: str | None) -> UpstreamError:
    """The error for a video that HeyGen accepted and failed to render."""
    said = _sentence(code or "no code", message)
    if code in _NO_CREDIT:
        return _no_credit(said)
    return UpstreamError(
        f"HeyGen could not render the video: {said}",
        code="avatar_failed",
        remedy="Change what HeyGen names, then retry.",
    )


def _no_credit(said: str) -> UpstreamError:
    return UpstreamError(
        f"HeyGen's wallet has too little credit for this: {said}",
        code="avatar_credits",
        remedy="Top up the API wallet at HeyGen, then retry.",
    )


def _sentence(code: str, message: str | None) -> str:
    """HeyGen's message with its code, without the API key, which error texts may repeat."""
    key = settings().heygen_api_key.get_secret_value()
    said, code = storable(message or ""), storable(code)
    shown = platform_message(said.replace(key or "\0", "…"))
    return f"{shown} ({code})" if shown else f"{code}."


def _fault(response: httpx.Response) -> _Fault:
    """The code and message of an error answer; empty where a proxy answered in HeyGen's place."""
    try:
        return _ErrorBody.model_validate_json(response.content).error
    except ValidationError:
        return _Fault()
