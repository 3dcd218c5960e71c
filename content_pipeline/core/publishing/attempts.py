"""Exactly-once publishing: prepare, commit, and reconcile commits whose outcome is unknown.

Write-ahead intent: `committed_at` is stored before the commit call, and cleared only when the call provably did not
happen. The next run after a crash, a timeout or a dropped connection finds it, and reconciles with the platform first.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Final, NoReturn, TypeVar
from uuid import UUID

import structlog
from sqlalchemy import String, cast, func, select

from content_pipeline.core.errors import Conflict, Error, Invalid, TooManyRequests, UpstreamError
from content_pipeline.core.infrastructure import encryption
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import UNREACHABLE, autocommit
from content_pipeline.core.infrastructure.jitter import jitter
from content_pipeline.core.models import Account, Publication, Task
from content_pipeline.core.platforms import transport
from content_pipeline.core.platforms.accounts.authorized_calls import call_platform
from content_pipeline.core.platforms.base import (
    Access,
    Ambiguous,
    Duplicate,
    NotCommitted,
    OutcomeUnknown,
    Post,
    PreparationLost,
    Prepared,
    Problem,
    Processing,
    Published,
    Ready,
    Refused,
)
from content_pipeline.core.platforms.registry import PLATFORMS
from content_pipeline.core.publishing import holding, post_files, post_text, publications
from content_pipeline.core.publishing.account_lock import AccountLock, hold_account_lock
from content_pipeline.core.tasks import tasks
from content_pipeline.core.tasks.leases import Stopped
from content_pipeline.core.tasks.run_context import Hold, RunContext, Suspend, SwitchLane
from content_pipeline.core.workspaces import audit
from content_pipeline.core.writing import text_validation

log = structlog.get_logger()

# Limit for a platform's processing. Instagram's containers expire after a day, and mostly take a minute.
PATIENCE: Final = timedelta(hours=1)
# Limit for polling the URL of a published post that is still being moderated.
LINK_PATIENCE: Final = timedelta(days=1)
LINK_SECONDS: Final = 30.0
# Retry delay for a rate limit without Retry-After.
BUSY_SECONDS: Final = 30.0
# Limit of the jitter for the rate-limited posts of one account.
MAX_JITTER_SECONDS: Final = 3600.0

Answer = TypeVar("Answer")


class Attempt:
    """One run's attempt at one post, with its files in `folder`."""

    def __init__(self, run: RunContext, publication: Publication, account: Account, folder: Path) -> None:
        self.run = run
        self.publication = publication
        self.account = account
        self.publisher = PLATFORMS[publication.platform].publisher
        self.is_shown = False  # whether the platform has shown the post to this run
        self._folder = folder

    @cached_property
    def post(self) -> Post:
        """The post as the publisher takes it. Raises what `post_files` and `post_text` raise."""
        options = post_text.options_of(self.publication)
        video = post_files.fetch_video(self.run, self.publication, self._folder)
        words = post_text.resolve_text(self.run, self.publication, video)
        return Post(
            text=text_validation.rendered(self.publication.platform, words),
            title=words.title,
            hashtags=words.hashtags,
            options=options,
            video=video,
            cover=post_files.fetch_cover(self.run, self.publication, options, self._folder),
            captions=post_files.subtitles_of(self.run, self.publication, options),
        )

    @property
    def prepared(self) -> Prepared:
        return decrypt_prepared(self.publication)

    @property
    def text(self) -> str:
        """The text that was posted."""
        return str((self.publication.words or {}).get("text", ""))

    def upload(self) -> None:
        """Do everything before the commit. Raises Suspend while the platform processes the upload, Invalid for a post
        that the platform would refuse, what the publisher raises, and Hold for a held post, which ends here."""
        if self.publication.committed_at:
            return
        if self.publication.held:
            self._upload_ahead()
        if isinstance(outcome := self._prepare(), Processing):
            self._suspend(outcome)

    def _upload_ahead(self) -> None:
        """Raises Hold, unless the post was released meanwhile. An error is left to the run at its time: it may be over
        by then, and its owner may still change the post."""
        try:
            self._prepare(patient=False)  # while it is processed no slot is held: the run at its time looks again
        except (Stopped, SwitchLane, *UNREACHABLE):
            raise
        except Exception as error:  # also an unexpected one: the run at its time repeats it, and ends the task with it
            log.warning("not_prepared_ahead", publication_id=str(self.publication.id), reason=type(error).__name__)
            if isinstance(error, Error):
                self.record_failure(error)
        with self.run.write() as session:
            is_held = holding.hold(session, self.run, self.publication.id)
            self.publication = session.get_one(Publication, self.publication.id)
        if is_held:
            raise Hold

    def _prepare(self, *, patient: bool = True) -> Ready | Processing:
        post = self._needed_post()  # not in the call: its video may have to be transcribed, a token lasts for minutes
        if not self.prepared:
            self._check(self.post)
        return self._call_platform(
            lambda access: self.publisher.prepare(
                access, post, self.prepared, keep=self._save_prepared, progress=self.run.progress, patient=patient
            )
        )

    def _check(self, post: Post) -> None:
        if problems := self._call_platform(lambda access: self.publisher.check(access, post)):
            raise rejection(problems)

    def _needed_post(self) -> Post | None:
        """The post, unless what was prepared is enough to publish it, or no call can follow. Raises as `post`."""
        if self.publication.committed_at and not self.prepared:
            return None
        return self.post if self.publisher.needs_post(self.prepared) else None

    def publish(self) -> None:
        """Commit the post, or find that it is published already. Raises Suspend, and what the publisher raises."""
        if self.publication.published_at:
            return
        post = self._needed_post()  # outside the lock, for which other posts wait
        # Instagram's quota is read before the commit: three tries with long timeouts would outlast the lock.
        with hold_account_lock(self.account.id) as lock, transport.short_timeouts():
            outcome = self._reconcile(post, lock) if self.publication.committed_at else NotCommitted()
            if isinstance(outcome, NotCommitted):
                outcome = self._commit(post, lock)
            if isinstance(outcome, Published):
                self._record_published(outcome)
        if isinstance(outcome, Processing):
            self._suspend(outcome)

    # ── commit and reconcile ─────────────────────────────────────────────────────────────────────────────

    def _commit(self, post: Post | None, lock: AccountLock) -> Published | Processing:
        try:
            return self._call_platform(lambda access: self._commit_with_intent(access, post, lock))
        except (Ambiguous, OutcomeUnknown):
            raise
        except Error:  # by the Publisher protocol, the commit did not happen
            self._clear_commit_intent()
            raise

    def _commit_with_intent(self, access: Access, post: Post | None, lock: AccountLock) -> Published | Processing:
        # Also the fence: a run that froze, or waited for a token, may have been replaced.
        self._save(committed_at=now(), poll_at=None, waits_until=None, irrevocable=True)
        # Reconciling an earlier commit, or waiting for a token, may have outlasted the lock's session.
        lock.ensure_held()
        return self.publisher.commit(access, post, self.prepared)

    def _reconcile(self, post: Post | None, lock: AccountLock) -> Published | Processing | NotCommitted:
        if not self.prepared:
            raise not_known()
        try:
            outcome = self._call_platform(lambda access: self._fenced_reconcile(access, post, lock))
        except (Refused, PreparationLost):
            self._clear_commit_intent()
            raise
        if isinstance(outcome, Duplicate) and (other := self._find_other(outcome)):
            self._clear_commit_intent()
            raise Refused(
                f"The platform rejected this post as a duplicate of an earlier one ({other.post_url}).",
                code="duplicate_post",
                remedy="Change the text, and publish again.",
            )
        return outcome

    def _fenced_reconcile(
        self, access: Access, post: Post | None, lock: AccountLock
    ) -> Published | Processing | NotCommitted:
        # LinkedIn's sends the post again: a run that froze, or waited for the lock or a token, may have been replaced.
        with self.run.write():
            pass
        lock.ensure_held()
        return self.publisher.reconcile(access, post, self.prepared)

    def _clear_commit_intent(self) -> None:
        self._save(committed_at=None, irrevocable=False)

    # ── state in the database ────────────────────────────────────────────────────────────────────────────

    def _save(self, *, irrevocable: bool | None = None, **columns: Any) -> None:
        """Change the row, and whether its task can be canceled, in one fenced transaction."""
        with self.run.write() as session:
            self.publication = session.get_one(Publication, self.publication.id)
            for name, value in columns.items():
                setattr(self.publication, name, value)
            if irrevocable is not None and self.run.task_id:
                tasks.set_irrevocable(session, self.run.task_id, irrevocable)

    def _save_prepared(self, prepared: Prepared) -> None:
        self._save(prepared=encryption.encrypt(json.dumps(prepared), _associated_data(self.publication)))

    def _suspend(self, outcome: Processing) -> NoReturn:
        until = self.publication.waits_until or now() + PATIENCE
        if now() >= until:
            raise UpstreamError(
                f"The platform has been processing this post for more than {PATIENCE.seconds // 60} minutes.",
                code="platform_slow",
                remedy="Check the account on the platform, then retry.",
            )
        self._save(poll_at=now() + timedelta(seconds=outcome.seconds), polls=0, waits_until=until)
        raise Suspend(until)

    def _record_published(self, live: Published) -> None:
        """Record the publication. An id that another post already has was matched by mistake, and is dropped."""
        with self.run.write() as session:
            self.publication = publication = session.get_one(Publication, self.publication.id)
            if publications.find_other_by_post_id(session, publication, live.post_id):
                live = Published(None, None)
            later = now() + timedelta(seconds=LINK_SECONDS) if live.url is None else None
            publication.post_id, publication.post_url, publication.published_at = live.post_id, live.url, now()
            self.is_shown = live.is_shown
            publication.poll_at, publication.polls = later, 0
            publication.waits_until = later and now() + LINK_PATIENCE
            audit.record(
                session, publication.workspace_id, audit.SERVICE, "publications.post", "publication", publication.id
            )
            if self.run.task_id:
                tasks.finish(session, self.run.task_id)

    def _find_other(self, live: Published) -> Publication | None:
        """Another of our posts with this platform id."""
        with self.run.write() as session:
            return publications.find_other_by_post_id(session, self.publication, live.post_id)

    # ── platform calls and failures ──────────────────────────────────────────────────────────────────────

    def _call_platform(self, call: Callable[[Access], Answer]) -> Answer:
        return call_platform(self.account.id, call)

    def record_failure(self, error: Error) -> None:
        """Prepare the next attempt: spread rate-limited posts, drop an upload that the platform has lost."""
        if isinstance(error, TooManyRequests):
            error.retry_after = self._with_jitter(error.retry_after or BUSY_SECONDS)
        if isinstance(error, PreparationLost) and self.publication.committed_at is None:
            self._save(prepared=None, poll_at=None, waits_until=None)

    def _with_jitter(self, seconds: float) -> float:
        """Retry delay with jitter that grows with the account's open posts: together, only one would get through.

        A post that may be published already gets no jitter, so that it is reconciled soon.
        """
        if self.publication.committed_at:
            return seconds
        posts_of_account = select(func.count()).join_from(Task, Publication, cast(Publication.id, String) == Task.key)
        query = posts_of_account.where(
            Task.subject_kind == publications.KIND,
            Task.state.in_(tasks.OPEN),
            Publication.account_id == self.account.id,
        )
        with self.run.write() as session:
            waiting = session.scalar(query) or 1
        return seconds + jitter(min(seconds * (waiting - 1), MAX_JITTER_SECONDS))


@contextmanager
def open_attempt(run: RunContext, key: str) -> Iterator[Attempt]:
    """An attempt at one post. Raises Conflict `not_asked` for a run without a task, unless the post is published."""
    # Not fenced: once this run has claimed the post, no earlier one writes: it was stopped, or released the post in its
    # last write.
    with autocommit() as session:
        found = select(Publication, Account).join(Account, Account.id == Publication.account_id)
        publication, account = session.execute(found.where(Publication.id == UUID(key))).one()
    if run.task_id is None and publication.published_at is None:
        raise Conflict(
            "This post is not published, and a run without a task never publishes.",
            code="not_asked",
            remedy="Retry its task: with `content-pipeline tasks retry ID`, the job `retry_task`, or through the API.",
        )
    with run.folder() as folder:
        attempt = Attempt(run, publication, account, folder)
        try:
            yield attempt
        except Error as error:
            attempt.record_failure(error)
            raise


def not_known() -> OutcomeUnknown:
    """Of a post that was restored from a backup (core/calendar/restored_posts.py): what was prepared since is lost, so
    no platform can be asked."""
    return OutcomeUnknown(
        "The service was restored from an earlier backup. It is not known whether this post was published since.",
        remedy="Look at the account on the platform. If the post is not there, publish it as a new one.",
    )


def decrypt_prepared(publication: Publication) -> Prepared:
    """The publisher's stored state of a post; empty before anything was uploaded."""
    if publication.prepared is None:
        return {}
    prepared: Prepared = json.loads(encryption.decrypt(publication.prepared, _associated_data(publication)))
    return prepared


def _associated_data(publication: Publication) -> str:
    return encryption.associated_data("publications", publication.id, "prepared")


def rejection(problems: list[Problem]) -> Invalid:
    """The error for a post that the platform would refuse."""
    first = problems[0]
    return Invalid(" ".join(problem.detail for problem in problems), code=first.code, remedy=first.remedy)
