"""Dry run: validates a post for its platform and lists every problem, without sending anything."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

from content_pipeline.core.errors import Error, TooLarge
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.infrastructure.net import safe_fetch
from content_pipeline.core.library import sources
from content_pipeline.core.library.sources import Source
from content_pipeline.core.models import Account, Twin, Upload
from content_pipeline.core.platforms.accounts import accounts
from content_pipeline.core.platforms.accounts.authorized_calls import call_platform
from content_pipeline.core.platforms.base import Post, Problem, Video
from content_pipeline.core.platforms.options import PostOptions
from content_pipeline.core.platforms.registry import PLATFORMS
from content_pipeline.core.publishing import post_files, post_text, publications
from content_pipeline.core.publishing.publications import PostSpec
from content_pipeline.core.twins import composing
from content_pipeline.core.writing import text_validation
from content_pipeline.core.writing.post import PostText

# A dry run is synchronous: an HTTP client waits for it.
FETCH_SECONDS: Final = 30.0
# More than any platform accepts as a cover.
_COVER_BYTES: Final = 20_000_000


@dataclass(frozen=True, slots=True)
class DryRunResult:
    """The outcome for one platform. `words` is None where the text would be written from the video's transcript."""

    spec: PostSpec
    account: Account | None
    words: PostText | None
    problems: list[Problem]


def fetch_video(workspace_id: UUID, source: Source, folder: Path, *, max_bytes: int) -> Video:
    """The video of a post, in `folder`. Raises what `safe_fetch.fetch`, `storage.fetch` and
    `post_files.inspect_video` raise."""
    path = folder / "video"
    link = _fetch(source, path, max_bytes=max_bytes)
    return Video(path, link, post_files.inspect_video(path, workspace_id))


def room(source: Source) -> int:
    """The bytes that the files of a dry run take: its video, and one cover at a time. The size of a remote video is
    unknown; its download looks for room itself.

    Raises as `storage.size`.
    """
    size = storage.size(sources.object_key(source.stored)) if source.stored else safe_fetch.UNANNOUNCED_BYTES
    return size + _COVER_BYTES


def _fetch(source: Source, path: Path, *, max_bytes: int) -> str:
    """Write the file to `path`; returns a link to it."""
    if source.url:
        safe_fetch.fetch(source.url, path, max_bytes=max_bytes, seconds=FETCH_SECONDS)
    else:
        assert source.stored
        storage.fetch(sources.object_key(source.stored), path)
    return storage.public_url(source.location)


def check_post(workspace_id: UUID, twin: Twin | None, source: Source, video: Video, spec: PostSpec) -> DryRunResult:
    """Run every check for one platform. Problems are returned, not raised."""
    problems: list[Problem] = []
    account, cover, words, is_ours = None, None, None, False
    with _collect_problems(problems), transaction() as session:
        is_ours = sources.is_synthetic(source.stored)
        account = accounts.choose(session, workspace_id, spec.platform, spec.account_id, twin)
    options = post_text.options(spec.platform, twin, spec.options, is_ours=is_ours)
    with _collect_problems(problems):
        with transaction() as session:
            publications.check_files(session, workspace_id, options)
        cover = _fetch_cover(workspace_id, options, video.path.with_name("cover"))
    with _collect_problems(problems):
        words = _resolve_text(twin, source, spec, options)
    with _collect_problems(problems):
        problems += _platform_problems(spec.platform, account, _build_post(video, cover, spec, words, options))
    return DryRunResult(spec, account, words, problems)


@contextmanager
def _collect_problems(problems: list[Problem]) -> Iterator[None]:
    """Turn an error in the block into problems: one for each entry of its `errors`, or one for the error itself."""
    try:
        yield
    except Error as error:
        details = [fault["detail"] for fault in error.errors] or [error.detail]
        problems += [Problem(error.code, detail, error.remedy) for detail in details]


def _fetch_cover(workspace_id: UUID, options: PostOptions, path: Path) -> tuple[Path, str] | None:
    if not options.cover:
        return None
    with transaction() as session:
        own = sources.find_own(session, workspace_id, options.cover, kinds=sources.PICTURE)
    if own and isinstance(own.stored, Upload) and own.stored.size > _COVER_BYTES:
        raise TooLarge(f"The cover has more than {_COVER_BYTES:,} bytes.", remedy="Give a smaller picture.")
    source = own or Source(url=options.cover)
    link = _fetch(source, path, max_bytes=_COVER_BYTES)
    post_files.inspect_picture(path, workspace_id)
    return path, link


def _resolve_text(twin: Twin | None, source: Source, spec: PostSpec, options: PostOptions) -> PostText | None:
    if given := publications.given_text(twin, spec, options):
        return given
    script = source.script or (source.made and source.made.script)
    if not script or twin is None:
        return None
    with transaction() as session:
        brief = composing.brief(session, twin, script=script, platform=spec.platform, title=spec.title, options=options)
    return composing.compose(brief).post


def _build_post(
    video: Video, cover: tuple[Path, str] | None, spec: PostSpec, words: PostText | None, options: PostOptions
) -> Post:
    return Post(
        text=text_validation.rendered(spec.platform, words) if words else "",
        title=words.title if words else spec.title,
        hashtags=words.hashtags if words else (),
        options=options,
        video=video,
        cover=cover,
    )


def _platform_problems(platform: str, account: Account | None, post: Post) -> Sequence[Problem]:
    """What the platform would refuse; with an account, by that account's present limits too."""
    publisher = PLATFORMS[platform].publisher
    if account is None:
        return publisher.check(None, post)
    return call_platform(account.id, lambda access: publisher.check(access, post))
