"""Publisher: the protocol of a platform client, its values and its errors.

    prepare ──▶ commit ──▶ confirm          prepare  uploads, containers: may be repeated, nothing is visible
                  │  ▲                      commit   the one call that cannot be taken back
                  ▼  │                      confirm  the state of what was committed: reads only
               reconcile                    reconcile  whether a commit of unknown outcome happened: reads only, or
                                                     repeats what the platform provably does once

A publisher is stateless: what a later attempt needs is in `Prepared`, which its caller stores before it goes on
(encrypted, because upload addresses are secrets).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from content_pipeline.core.errors import Error, UpstreamError
from content_pipeline.core.media.media_info import MediaInfo
from content_pipeline.core.platforms.options import PostOptions

# What a publisher has prepared, as JSON; each platform knows its own fields. Empty at first.
Prepared = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Access:
    """An account to act for: its id at the platform, and a valid access token."""

    user_id: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Video:
    """What is posted: a local file, its facts, and a link under which a platform can fetch the same bytes."""

    path: Path
    link: str
    media: MediaInfo


@dataclass(frozen=True, slots=True)
class Captions:
    """Subtitles as an SRT document, in a language (ISO 639-1)."""

    srt: str
    language: str


@dataclass(frozen=True, slots=True)
class Post:
    """One post for one platform.

    `text` is encoded for the platform's API, hashtags included; `title` is None where the platform has none. `options`
    are of the platform's own class. `cover` is a JPEG or PNG, as a local file and as a link.
    """

    text: str
    title: str | None
    hashtags: Sequence[str]
    options: PostOptions
    video: Video
    cover: tuple[Path, str] | None = None
    captions: Captions | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """Why the platform would refuse a post: a stable code, a sentence for the user, what they can do."""

    code: str
    detail: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Ready:
    """Prepared: the commit may follow."""


@dataclass(frozen=True, slots=True)
class Processing:
    """The platform is processing the post; poll again after about `seconds`."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Published:
    """Posted. `post_id` and `url` are None while the platform does not tell them, or if it never does. `is_shown`: the
    platform has just been asked for the post, and has shown it."""

    post_id: str | None
    url: str | None
    is_shown: bool = False


@dataclass(frozen=True, slots=True)
class Duplicate(Published):
    """The platform refused a repeated commit as a duplicate of this post. Either it is the same post, or, where the id
    belongs to another publication, that one, and this post was not made."""


@dataclass(frozen=True, slots=True)
class NotCommitted:
    """The commit provably did not happen; it may be made with what was prepared."""


class Publisher(Protocol):
    """Client of one platform. All methods raise, in addition to what they name:

    Refused        the platform refused permanently (its own message, a stable code)
    Expired        the access token is invalid or has expired: refresh it, then retry
    Disconnected   the owner has to connect the account again; NotPermitted where the consent lacks a scope
    UpstreamError, TooManyRequests (retryable, `retry_after`)   it may succeed later; a commit that raises them did not
                   happen
    """

    def check(self, access: Access | None, post: Post) -> list[Problem]:
        """Everything that the platform would refuse in this post, before anything is sent.

        Checks documented limits; with `access`, also the account's present state (quota left, allowed privacy).
        """

    def needs_post(self, prepared: Prepared) -> bool:
        """Whether `prepare`, `commit` or `reconcile` still read the post after `prepared`; otherwise they take None.

        Fetching its files and examining them in a child process is half of the CPU of a commit.
        """

    def prepare(
        self,
        access: Access,
        post: Post | None,
        prepared: Prepared,
        *,
        keep: Callable[[Prepared], None],
        progress: Callable[[float], None],
        patient: bool = True,
    ) -> Ready | Processing:
        """Upload the post so that one call publishes it, resuming from `prepared` where it is still valid.

        Calls `keep` with every new state that a later attempt needs, and `progress` with the fraction done. A
        `patient` caller waits some seconds while the platform processes the upload. Raises PreparationLost when
        `prepared` is no longer valid.
        """

    def is_processing(self, access: Access, prepared: Prepared) -> bool:
        """Whether the platform still processes what `prepare` or `commit` returned Processing for.

        One read, cheap enough to poll many posts; the outcome is read by `prepare` or `reconcile`.
        """

    def commit(self, access: Access, post: Post | None, prepared: Prepared) -> Published | Processing:
        """Publish what was prepared. Raises Ambiguous when the outcome is not known."""

    def confirm(self, access: Access, prepared: Prepared) -> Published | Processing:
        """The state of a committed post. Reads only."""

    def reconcile(self, access: Access, post: Post | None, prepared: Prepared) -> Published | Processing | NotCommitted:
        """Whether a commit of unknown outcome happened. Raises OutcomeUnknown when the platform cannot tell."""


class Refused(UpstreamError):
    """The platform refused the call or the post."""

    code = "platform_refused"


class Expired(UpstreamError):
    """The platform does not take the account's token any more."""

    code = "token_expired"
    retryable = True


class Disconnected(Error):
    """The account has to be connected again."""

    status = 409
    code = "needs_reconnect"


class NotPermitted(Disconnected):
    """The owner's consent does not include this call: other calls of the account may go on."""


class PreparationLost(UpstreamError):
    """The preparation is gone or invalid at the platform, and nothing was committed: prepare again."""

    code = "preparation_lost"
    retryable = True


class Ambiguous(UpstreamError):
    """The commit was sent, and its response was lost or is inconclusive: it may have happened."""

    code = "outcome_unknown"
    retryable = True


class OutcomeUnknown(UpstreamError):
    """The platform cannot tell whether the commit happened: the user has to look."""

    code = "unconfirmed"
