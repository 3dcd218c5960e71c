"""Error hierarchy. Every error has a stable code, an HTTP status, a sentence for people and a remedy.

Error
├── Invalid             400
│   └── MediaUnusable   400
├── Unauthorized        401
├── PlanLimit           403
├── Forbidden           403
├── NotFound            404
├── RequestTimeout      408
├── Conflict            409
├── PreconditionFailed  412
├── TooLarge            413
├── NotMedia            415
├── Unprocessable       422
├── TooManyRequests     429
├── InternalError       500
│   └── OutOfMemory     500
├── UpstreamError       502
└── Unavailable         503

`api/errors.py` renders them as RFC 9457 problem details, `step.py` as `dagster.Failure`. The first sentence of a class
is on the pages of its codes, where the error itself has none (docs/generators/errors.py).
"""

from collections.abc import Iterable
from typing import Any, ClassVar


class Error(Exception):
    """Base of all expected errors.

    `detail` is a sentence for people, `remedy` what they can do, `code` the stable machine-readable code
    (both the class's unless a more exact one is given), `retryable` whether the same call may succeed later,
    `retry_after` the seconds to wait, `errors` the single faults, each with a JSON pointer.
    """

    status: ClassVar[int] = 500
    code: str = "error"
    remedy: str = ""
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
        self.retry_after = retry_after
        self.errors = errors or []
        if code is not None:
            self.code = code
        if remedy:
            self.remedy = remedy
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
    """The request makes no sense, or the media cannot be used."""

    status = 400
    code = "invalid"


class MediaUnusable(Invalid):
    """The recording or video itself is at fault."""

    code = "media_unusable"
    remedy = "Send another recording or video, or convert this one to MP4."


class Unauthorized(Error):
    """There is no key, or a wrong one."""

    status = 401
    code = "unauthorized"
    remedy = "Send a valid key in the X-API-Key header."


class PlanLimit(Error):
    """The workspace's plan does not allow it."""

    status = 403
    code = "plan_limit"


class Forbidden(Error):
    """The scopes of the key do not allow it."""

    status = 403
    code = "forbidden"
    remedy = "Use a key with the scope that this needs."


class NotFound(Error):
    """It is unknown, another workspace's, or deleted."""

    status = 404
    code = "not_found"
    remedy = "Check the id, and that the key is of its workspace."


class RequestTimeout(Error):
    """The request took too long to arrive."""

    status = 408
    code = "request_timeout"
    retryable = True


class Conflict(Error):
    """It is not allowed in the present state."""

    status = 409
    code = "conflict"
    remedy = "Read its state again, and wait until it allows this."


class PreconditionFailed(Error):
    """It has changed since the client read it."""

    status = 412
    code = "changed"
    remedy = "Read it again, and make your change there."


class TooLarge(Error):
    """It has more bytes than are taken."""

    status = 413
    code = "too_large"


class NotMedia(Error):
    """The bytes are not audio or video."""

    status = 415
    code = "not_media"


class EncodingUnsupported(Error):
    status = 415
    code = "encoding_unsupported"


class Unprocessable(Error):
    """The request contradicts its schema, or an earlier request."""

    status = 422
    code = "mismatch"
    remedy = "Correct what `errors` or `detail` names."


class TooManyRequests(Error):
    """Requests come faster than they are taken."""

    status = 429
    code = "too_many_requests"
    retryable = True


class InternalError(Error):
    """Something went wrong on our side."""

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
    """Another server refused or failed."""

    status = 502
    code = "remote_failed"


class Unavailable(Error):
    """A service that is needed does not answer."""

    status = 503
    code = "unavailable"
    retryable = True


def pointer(path: Iterable[object]) -> str:
    """The JSON pointer (RFC 6901) for a path in a document, used in `errors`."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)
