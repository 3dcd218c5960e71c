"""What publishing asks of a platform, whichever it is.

    prepare ──▶ commit ──▶ confirm          prepare  uploads, containers: may be repeated, shows nothing to anybody
                  │  ▲                      commit   the one call that cannot be taken back
                  ▼  │                      confirm  how what was committed stands: reads only
               reconcile                    reconcile  whether a commit of unknown outcome happened: reads only, or
                                                     repeats what the platform provably does once

A publisher keeps nothing: what a later try needs is in `Prepared`, which its caller stores (encrypted, for upload
addresses are secrets) before it goes on.
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
    """An account to act for: its id at the platform, and an access token that is good now."""

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

    `text` is the platform's own form of it (escaped for LinkedIn, hashtags included), `title` is None where the
    platform has none. `options` are of the platform's own class. `cover` is a picture, JPEG or PNG, as a local file
    and as a link.
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
    """Why the platform would refuse a post: a stable code, a sentence for the person, what they can do."""

    code: str
    detail: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Ready:
    """Prepared: the commit may follow."""


@dataclass(frozen=True, slots=True)
class Processing:
    """The platform is at work on it; ask again after about so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Published:
    """Posted. The platform may tell the id and address only later, or never: then they are None."""

    post_id: str | None
    url: str | None


@dataclass(frozen=True, slots=True)
class Duplicate(Published):
    """The post that the platform names when it refuses to make this one a second time: it is this one, or, where the
    name is known as another's, that one, and this one was not made."""


@dataclass(frozen=True, slots=True)
class NotCommitted:
    """The commit provably did not happen; it may be made with what was prepared."""


class Publisher(Protocol):
    """One platform. All methods raise, beside what they name:

    Refused        the platform said no for good (its own sentence, a stable code)
    Expired        the access token is not good (any more): refresh it, then try again
    Disconnected   only the person can help: they have to connect the account again
    UpstreamError, TooManyRequests (retryable, `retry_after`)   it may succeed later; a commit that raises them surely
                   did not happen
    """

    def check(self, access: Access | None, post: Post) -> list[Problem]:
        """All that the platform would refuse in this post, before anything is sent.

        Its documented limits; with `access`, also what it says of this account now (quota left, allowed privacy).
        """

    def prepare(
        self,
        access: Access,
        post: Post,
        prepared: Prepared,
        *,
        keep: Callable[[Prepared], None],
        progress: Callable[[float], None],
    ) -> Ready | Processing:
        """Bring the post to where one call publishes it, going on from `prepared` where that still serves.

        `keep` stores what a later try has to find, as often as there is something new; `progress` is told the
        fraction done. Raises Lost when `prepared` is of no use any more.
        """

    def is_processing(self, access: Access, prepared: Prepared) -> bool:
        """Whether the platform is still at work on what `prepare` or `commit` called Processing.

        One read, which many waiting posts are asked by; what came of it, `prepare` or `reconcile` tell.
        """

    def commit(self, access: Access, post: Post, prepared: Prepared) -> Published | Processing:
        """Publish what was prepared. Raises Ambiguous when nobody can say whether it happened."""

    def confirm(self, access: Access, prepared: Prepared) -> Published | Processing:
        """How a post stands that was committed. Reads only."""

    def reconcile(self, access: Access, post: Post, prepared: Prepared) -> Published | Processing | NotCommitted:
        """Whether a commit of unknown outcome happened. Raises Unknown when the platform cannot tell."""


class Refused(UpstreamError):
    code = "platform_refused"


class Expired(UpstreamError):
    code = "token_expired"
    retryable = True


class Disconnected(Error):
    status = 409
    code = "needs_reconnect"


class PreparationLost(UpstreamError):
    """What was prepared is gone at the platform, or spoilt, before anything was committed: it is to be made anew."""

    code = "preparation_lost"
    retryable = True


class Ambiguous(UpstreamError):
    """The commit was sent, and its answer was lost or says nothing: it may have happened."""

    code = "outcome_unknown"
    retryable = True


class OutcomeUnknown(UpstreamError):
    """The platform cannot say whether the commit happened: a person has to look."""

    code = "unconfirmed"
