"""Files that a client names as a source: what was made or uploaded here, by its id or our link, or a link elsewhere.

Each route that takes a source resolves it here. What is stored here is named by its row from then on, or by the URI of
its object (`storage.uri`), never by a link, which expires.
"""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from content_pipeline.core.avatars import avatar_videos
from content_pipeline.core.captions import burn_ins, captions
from content_pipeline.core.errors import Conflict, Invalid, NotFound
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.net import link_expiry, safe_fetch
from content_pipeline.core.media.media_info import MediaInfo
from content_pipeline.core.models import AvatarVideo, BurnIn, Caption, MadeVideo, Reel, Upload
from content_pipeline.core.models.uploads import UploadKind
from content_pipeline.core.reels import reels
from content_pipeline.core.tasks import tasks
from content_pipeline.core.tasks.open_posts import lock_video
from content_pipeline.core.workspaces.ownership import owned

# A finished file of a workspace that can be used as a source.
Stored = Reel | AvatarVideo | BurnIn | Upload
StoredRow = TypeVar("StoredRow", Reel, AvatarVideo, BurnIn)

# The kinds of file that a route takes.
VIDEO: Final = frozenset[UploadKind]({"video"})
SPEECH: Final = frozenset[UploadKind]({"video", "sound"})
BACKGROUND: Final = frozenset[UploadKind]({"picture", "video"})
PICTURE: Final = frozenset[UploadKind]({"picture"})
MUSIC: Final = frozenset[UploadKind]({"sound", "video"})

# In the database: the cues of four hours of speech are 4 MB, which Python would parse and validate for 0.2 s.
_TEXT_OF_CUES: Final = text(
    "select string_agg(cue->>'text', ' ' order by number) from captions, "
    "jsonb_array_elements(segments) with ordinality as cues (cue, number) where captions.id = :id"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceIds:
    """How a client names a source: by one of these. `caption_id` stands for the newest video with these captions."""

    reel_url: str | None = None
    reel_id: UUID | None = None
    avatar_job_id: UUID | None = None
    caption_id: UUID | None = None
    upload_id: UUID | None = None

    def given(self) -> dict[str, Any]:
        """Those that are set."""
        return {name: value for name, value in asdict(self).items() if value}


@dataclass(frozen=True, slots=True)
class Source:
    """A file that is `stored` here, or is behind a `url` elsewhere. `script`: what is said in it, where that is known
    and not in its row."""

    stored: Stored | None = None
    url: str | None = None
    script: str | None = None

    @property
    def made(self) -> MadeVideo | None:
        """The video, if it was made here of a script."""
        return self.stored if isinstance(self.stored, Reel | AvatarVideo) else None

    @property
    def location(self) -> str:
        """The URI of the stored object, or the URL."""
        if self.stored:
            return storage.uri(object_key(self.stored))
        assert self.url
        return self.url

    @property
    def media(self) -> MediaInfo | None:
        """What is known of a stored file before it is read; None for a picture and for a burn-in."""
        return self.stored.media if isinstance(self.stored, Reel | AvatarVideo | Upload) else None


def resolve(session: Session, workspace_id: UUID, ids: SourceIds, *, kinds: Collection[UploadKind] = VIDEO) -> Source:
    """The source that a client names; it has to be of one of these kinds.

    Raises Invalid unless exactly one is named, for a file of another kind, and for a link that may not be fetched or
    has expired; NotFound for an id that is not the workspace's; Conflict for a video that is not finished.
    """
    if len(given := ids.given()) > 1:
        raise Invalid(
            f"The request has {len(given)} sources: {', '.join(given)}.",
            code="source_ambiguous",
            remedy="Send one of them.",
        )
    if ids.reel_url:
        return resolve_link(session, workspace_id, ids.reel_url, kinds=kinds)
    stored = find(session, workspace_id, ids)
    if stored is None:
        raise Invalid(
            "The request has no source.",
            code="source_missing",
            remedy="Send a reel_url, a reel_id, an avatar_job_id, a caption_id or an upload_id.",
        )
    return of_stored(session, _check_kind(stored, kinds))


def resolve_link(session: Session, workspace_id: UUID, url: str, *, kinds: Collection[UploadKind]) -> Source:
    """What a link names, here or elsewhere. Raises Invalid as `resolve` does."""
    if own := find_own(session, workspace_id, url, kinds=kinds):
        return own
    safe_fetch.check_url(url)
    link_expiry.check(url, needed_at=now())
    return Source(url=url)


def find_own(session: Session, workspace_id: UUID, url: str, *, kinds: Collection[UploadKind]) -> Source | None:
    """What a link of ours names, also when it has expired or has lost its signature; None for a link elsewhere.

    Raises Invalid `url_forbidden` where that is not a finished file of the workspace: for a file of another workspace
    the error is the same as for none.
    """
    key = storage.key_of_url(url)
    if key is None:
        return None
    stored = _of_key(session, workspace_id, key)
    if stored is None:
        raise Invalid(
            "This link is not one of a finished file of yours.",
            code="url_forbidden",
            remedy="Send the id of what you want to use, or a public http(s) address.",
        )
    return of_stored(session, _check_kind(stored, kinds))


def find(session: Session, workspace_id: UUID, ids: SourceIds) -> Stored | None:
    """The finished file of an id; None where there is only a URL. Raises NotFound, Conflict."""
    if ids.reel_id:
        return _rendered(session, reels.get(session, workspace_id, ids.reel_id), reels.KIND, code="reel_not_ready")
    if ids.avatar_job_id:
        avatar = avatar_videos.get(session, workspace_id, ids.avatar_job_id)
        return _rendered(session, avatar, avatar_videos.KIND, code="avatar_not_ready")
    if ids.caption_id:
        return burn_ins.newest_output(session, captions.get(session, workspace_id, ids.caption_id))
    return owned(session, Upload, workspace_id, ids.upload_id) if ids.upload_id else None


def find_any(session: Session, workspace_id: UUID, file_id: UUID, *, kinds: Collection[UploadKind]) -> Source:
    """The finished file with this id, of whichever kind. Raises NotFound `source_not_found`, and as `resolve` does."""
    for ids in (
        SourceIds(upload_id=file_id),
        SourceIds(reel_id=file_id),
        SourceIds(avatar_job_id=file_id),
        SourceIds(caption_id=file_id),
    ):
        try:
            found = find(session, workspace_id, ids)
        except NotFound:
            continue
        assert found
        return of_stored(session, _check_kind(found, kinds))
    raise NotFound(
        f"There is no upload, reel, avatar video or caption {file_id}.",
        code="source_not_found",
        remedy="Send the id of one, as its request or its list says.",
    )


def of_stored(session: Session, stored: Stored) -> Source:
    """The source of a finished file, which is not deleted before the transaction ends. Raises NotFound if it is."""
    lock(session, stored)
    if isinstance(stored, BurnIn):
        return Source(stored, script=session.scalar(_TEXT_OF_CUES, {"id": stored.caption_id}))
    return Source(stored)


def lock(session: Session, stored: Stored) -> None:
    """Lock a file against its deletion and its replacement until the transaction ends. Raises NotFound when it was
    deleted."""
    match stored:
        case BurnIn():
            owned(session, Caption, stored.workspace_id, stored.caption_id, lock="share")
            session.get_one(BurnIn, stored.id, with_for_update={"read": True})
        case Upload():
            owned(session, Upload, stored.workspace_id, stored.id, lock="share")
        case _:
            lock_video(session, stored)


def object_key(stored: Stored) -> str:
    """The key of a finished file in the bucket."""
    key = _key(stored)
    assert key
    return key


def signed_url(stored: Stored) -> str | None:
    """A signed URL of the file; None before it is finished."""
    key = _key(stored)
    return key and storage.signed_url(key)


def _key(stored: Stored) -> str | None:
    return stored.file_key if isinstance(stored, Upload) else stored.output_key


def is_synthetic(stored: Stored | None) -> bool:
    """Whether a voice of ours speaks in a file: it was made here, or captions were burned into one that was."""
    return stored.is_synthetic if isinstance(stored, BurnIn) else isinstance(stored, Reel | AvatarVideo)


def _rendered(session: Session, video: Reel | AvatarVideo, kind: str, *, code: str) -> Reel | AvatarVideo:
    """The video, if it is finished. Raises Conflict."""
    if video.output_key:
        return video
    task = tasks.newest(session, kind, str(video.id))
    if task.state in tasks.OPEN:
        raise Conflict("This video is not rendered yet.", code=code, remedy="Poll its task until it is done.")
    raise Conflict(
        "This video was not rendered: its task failed, or was canceled.",
        code=code,
        remedy=f"Retry its task, POST /tasks/{task.id}/retry, or send another video.",
    )


def _check_kind(stored: Stored, kinds: Collection[UploadKind]) -> Stored:
    """What is stored, if its kind is one of these. What was made here is a video, with sound. Raises Invalid."""
    kind = stored.kind if isinstance(stored, Upload) else "video"
    if kind not in kinds:
        raise Invalid(
            f"This file is a {kind}, and cannot be used here.",
            code="upload_unfit",
            remedy=f"Name a file of one of these kinds: {', '.join(sorted(kinds))}.",
        )
    return stored


def _of_key(session: Session, workspace_id: UUID, key: str) -> Stored | None:
    """The finished file of the workspace that has this key."""
    match key.split("/"):
        case [_, "reels", row_id, _]:
            return _with_output(session, Reel, workspace_id, row_id, key)
        case [_, "avatars", row_id, _]:
            return _with_output(session, AvatarVideo, workspace_id, row_id, key)
        case [_, "captions", _, "burn_ins", name]:
            burned = _with_output(session, BurnIn, workspace_id, name.partition(".")[0], key)
            return burned if burned and _is_there(session, workspace_id, burned) else None
    query = select(Upload).where(
        Upload.workspace_id == workspace_id, Upload.file_key == key, Upload.deleted_at.is_(None)
    )
    return session.scalars(query).one_or_none()


def _with_output(
    session: Session, table: type[StoredRow], workspace_id: UUID, row_id: str, key: str
) -> StoredRow | None:
    """The row of the workspace with this id whose output has this key, or had it before it was made again."""
    try:
        row = owned(session, table, workspace_id, UUID(row_id))
    except (ValueError, NotFound):
        return None
    return row if row.output_key and key.endswith(".mp4") else None


def _is_there(session: Session, workspace_id: UUID, burned: BurnIn) -> bool:
    """Whether the captions of a burn-in are not deleted."""
    try:
        captions.get(session, workspace_id, burned.caption_id)
    except NotFound:
        return False
    return True
