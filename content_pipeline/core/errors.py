"""Error hierarchy. Every error has a stable code, an HTTP status, a sentence for people and a remedy.

Error
├── Invalid             400  the request makes no sense, or the media cannot be used
│   └── MediaUnusable   400  the recording or video itself is at fault (the code says how)
├── Unauthorized        401  no key, or a wrong one
├── PlanLimit           403  the workspace's plan does not allow it
├── Forbidden           403  the key's scopes do not allow it
├── NotFound            404  unknown, another workspace's, or deleted
├── RequestTimeout      408  the request took too long to arrive
├── Conflict            409  not allowed in the present state
├── PreconditionFailed  412  changed since the client read it
├── TooLarge            413  more bytes than the plan allows
├── NotMedia            415  the bytes are not audio or video
├── Unprocessable       422  the request contradicts its schema or an earlier request
├── TooManyRequests     429  over the rate; `retry_after` is in seconds
├── InternalError       500  a fault of ours
│   └── OutOfMemory     500  the work takes more memory than a worker may have
├── UpstreamError       502  another server refused or failed (retryable by its answer)
└── Unavailable         503  a service that is needed does not respond; retry later

`api/errors.py` renders them as RFC 9457 problem details, `step.py` as `dagster.Failure`.
"""

from collections.abc import Iterable
from typing import Any, ClassVar


class Error(Exception):
    """Base of all expected errors.

    `detail` is a sentence for people, `remedy` what they can do, `code` the stable machine-readable code
    (the class's unless a more exact one is given), `retryable` whether the same call may succeed later,
    `retry_after` the seconds to wait, `errors` the single faults, each with a JSON pointer.
    """

    status: ClassVar[int] = 500
    code: str = "error"
    retryable: bool = False

    def __init__(
        self,
        detail: str,
        *,
        code: str | None = None,
        remedy: str = "",
        retryable: bool | None = None,
        retry_after: float | None = None,
        errors: list[dict[str, Any]] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.remedy = remedy
        self.retry_after = retry_after
        self.errors = errors or []
        if code is not None:
            self.code = code
        if retryable is not None:
            self.retryable = retryable

    def to_dict(self) -> dict[str, Any]:
        """The form in which a task stores its `error`."""
        return {"code": self.code, "message": self.detail, "remedy": self.remedy, "retryable": self.retryable}

    @classmethod
    def of(cls, kept: dict[str, Any]) -> "Error":
        """The error that `to_dict` serialized."""
        return cls(kept["message"], code=kept["code"], remedy=kept["remedy"], retryable=kept["retryable"])


class Invalid(Error):
    status = 400
    code = "invalid"


class MediaUnusable(Invalid):
    code = "media_unusable"


class Unauthorized(Error):
    status = 401
    code = "unauthorized"


class PlanLimit(Error):
    status = 403
    code = "plan_limit"


class Forbidden(Error):
    status = 403
    code = "forbidden"


class NotFound(Error):
    status = 404
    code = "not_found"


class RequestTimeout(Error):
    status = 408
    code = "request_timeout"
    retryable = True


class Conflict(Error):
    status = 409
    code = "conflict"


class PreconditionFailed(Error):
    status = 412
    code = "changed"


class TooLarge(Error):
    status = 413
    code = "too_large"


class NotMedia(Error):
    status = 415
    code = "not_media"


class EncodingUnsupported(Error):
    status = 415
    code = "encoding_unsupported"


class Unprocessable(Error):
    status = 422
    code = "mismatch"


class TooManyRequests(Error):
    status = 429
    code = "too_many_requests"
    retryable = True


class InternalError(Error):
    status = 500
    code = "broken"


class OutOfMemory(InternalError):
    code = "out_of_memory"

    def __init__(self) -> None:
        super().__init__(
            "This takes more memory than a worker may have.",
            remedy="Send smaller media, or ask the operator to raise CONTENT_PIPELINE_WORKER_MEMORY_MB.",
        )


class UpstreamError(Error):
    status = 502
    code = "remote_failed"


class Unavailable(Error):
    status = 503
    code = "unavailable"
    retryable = True


def pointer(path: Iterable[object]) -> str:
    """The JSON pointer (RFC 6901) for a path in a document, used in `errors`."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)
