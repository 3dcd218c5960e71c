"""Bringing a post out, once: prepare, commit, and find out what became of a commit whose outcome is not known.

The intention to commit is written down before the call (`committed_at`), and struck out only when the call provably did
not happen. So whoever comes after a crash, a timeout or a dropped connection finds it, and asks the platform first.
"""

import json
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Final, NoReturn, TypeVar
from uuid import UUID

from sqlalchemy import String, cast, func, select

from content_pipeline.core import encryption
from content_pipeline.core.accounts.authorized_calls import call_platform
from content_pipeline.core.clock import now
from content_pipeline.core.errors import Conflict, Error, Invalid, TooManyRequests, UpstreamError
from content_pipeline.core.models import Account, CalendarItem, Publication, Task
from content_pipeline.core.platforms import transport
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
    Refused,
)
from content_pipeline.core.platforms.registry import PLATFORMS
from content_pipeline.core.publishing import post_files, post_text, publications
from content_pipeline.core.publishing.account_lock import AccountLock, hold_account_lock
from content_pipeline.core.tasks import tasks
from content_pipeline.core.tasks.run_context import RunContext, Suspend
from content_pipeline.core.writing import rules

# How long a platform may take over what it was given. Instagram's containers live for a day, and mostly take a minute.
PATIENCE: Final = timedelta(hours=1)
# How long the address of a post is asked for that is still being moderated.
LINK_PATIENCE: Final = timedelta(days=1)
LINK_SECONDS: Final = 30.0
# When to come back to a platform that is too busy to say when.
BUSY_SECONDS: Final = 30.0
# Posts of one account that are all told to come back at the same moment come back spread over this at most.
SPREAD_SECONDS: Final = 3600.0

Answer = TypeVar("Answer")


class Attempt:
    """One run's try at one post, with its files in `folder`."""

    def __init__(self, run: RunContext, publication: Publication, account: Account, folder: Path) -> None:
        self.run = run
        self.publication = publication
        self.account = account
        self.publisher = PLATFORMS[publication.platform].publisher
        self._folder = folder

    @cached_property
    def post(self) -> Post:
        """All that the platform is given. Raises what making it does."""
        options = post_text.options_of(self.publication)
        video = post_files.fetch_video(self.run, self.publication, self._folder)
        words = post_text.resolve_text(self.run, self.publication, video)
        return Post(
            text=rules.rendered(self.publication.platform, words),
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

    @cached_property
    def item_id(self) -> UUID | None:
        """The calendar item that this is the post of."""
        with self.run.write() as session:
            return session.scalars(
                select(CalendarItem.id).where(CalendarItem.publication_id == self.publication.id)
            ).one_or_none()

    def upload(self) -> None:
        """Bring the post to where one call publishes it. Raises Await while the platform works, Invalid, and as its
        publisher does."""
        if self.publication.committed_at:
            return
        post = self.post  # not in the call: its video may have to be heard, and a token lasts for minutes
        if not self.prepared and (problems := self._call_platform(lambda access: self.publisher.check(access, post))):
            raise rejection(problems)
        outcome = self._call_platform(
            lambda access: self.publisher.prepare(
                access, post, self.prepared, keep=self._keep, progress=self.run.progress
            )
        )
        if isinstance(outcome, Processing):
            self._wait(outcome)

    def publish(self) -> None:
        """Make it public, or find that it is already. Raises Await, and as its publisher does."""
        if self.publication.published_at:
            return
        post = self.post  # nor while others wait for their turn
        # Instagram is asked for the quota before it is told to publish: three tries would outlast the turn.
        with hold_account_lock(self.account.id) as lock, transport.short_timeouts():
            outcome = self._reconcile(post) if self.publication.committed_at else NotCommitted()
            if isinstance(outcome, NotCommitted):
                outcome = self._commit(post, lock)
            if isinstance(outcome, Processing):
                self._wait(outcome)
            self._finish(outcome)

    def is_visible(self) -> bool:
        """Whether the platform says that it shows the post already."""
        try:
            return isinstance(
                self._call_platform(lambda access: self.publisher.confirm(access, self.prepared)), Published
            )
        except Error:
            return False

    # ── the call that cannot be taken back ───────────────────────────────────────────────────────────────

    def _commit(self, post: Post, lock: AccountLock) -> Published | Processing:
        self._save(committed_at=now(), poll_at=None, waits_until=None, irrevocable=True)
        try:
            return self._call_platform(lambda access: self._call(access, post, lock))
        except (Ambiguous, OutcomeUnknown):
            raise
        except Error:  # by the publisher's promise it did not happen
            self._clear_commit_intent()
            raise

    def _call(self, access: Access, post: Post, lock: AccountLock) -> Published | Processing:
        # A run that was frozen since it wrote its intention, or that waited for a token, may have been replaced.
        with self.run.write():
            pass
        # To look for an earlier commit, or to wait for a token, may have taken longer than the lock is kept.
        lock.ensure_held()
        return self.publisher.commit(access, post, self.prepared)

    def _reconcile(self, post: Post) -> Published | Processing | NotCommitted:
        try:
            outcome = self._call_platform(lambda access: self.publisher.reconcile(access, post, self.prepared))
        except (Refused, PreparationLost):
            self._clear_commit_intent()
            raise
        if isinstance(outcome, Duplicate) and (other := self._holder_of(outcome)):
            self._clear_commit_intent()
            raise Refused(
                f"The platform takes this for a duplicate of an earlier post ({other.post_url}).",
                code="duplicate_post",
                remedy="Change the text, and publish again.",
            )
        return outcome

    def _clear_commit_intent(self) -> None:
        self._save(committed_at=None, irrevocable=False)

    # ── what is written down ─────────────────────────────────────────────────────────────────────────────

    def _save(self, *, irrevocable: bool | None = None, **columns: Any) -> None:
        """Change the row, and whether its task can be canceled, in one fenced transaction."""
        with self.run.write() as session:
            self.publication = session.get_one(Publication, self.publication.id)
            for name, value in columns.items():
                setattr(self.publication, name, value)
            if irrevocable is not None and self.run.task_id:
                tasks.set_irrevocable(session, self.run.task_id, irrevocable)

    def _keep(self, prepared: Prepared) -> None:
        self._save(prepared=encryption.encrypt(json.dumps(prepared), _about(self.publication)))

    def _wait(self, outcome: Processing) -> NoReturn:
        until = self.publication.waits_until or now() + PATIENCE
        if now() >= until:
            raise UpstreamError(
                f"The platform has been at work on this post for {PATIENCE.seconds // 60} minutes.",
                code="platform_slow",
                remedy="Look at the account, then retry.",
            )
        self._save(poll_at=now() + timedelta(seconds=outcome.seconds), polls=0, waits_until=until)
        raise Suspend(until)

    def _finish(self, live: Published) -> None:
        """The post is out. A name that is another post's already was given to this one by mistake."""
        if self._holder_of(live):
            live = Published(None, None)
        later = now() + timedelta(seconds=LINK_SECONDS) if live.url is None else None
        with self.run.write() as session:
            self.publication = publication = session.get_one(Publication, self.publication.id)
            publication.post_id, publication.post_url, publication.published_at = live.post_id, live.url, now()
            publication.poll_at, publication.polls = later, 0
            publication.waits_until = later and now() + LINK_PATIENCE
            if self.run.task_id:
                tasks.finish(session, self.run.task_id)

    def _holder_of(self, live: Published) -> Publication | None:
        """Another post of ours that goes by this name."""
        with self.run.write() as session:
            return publications.find_other_by_post_id(session, self.publication, live.post_id)

    # ── asking the platform, and what becomes of errors ──────────────────────────────────────────────────

    def _call_platform(self, call: Callable[[Access], Answer]) -> Answer:
        return call_platform(self.account.id, call)

    def record_failure(self, error: Error) -> None:
        """Note what an error in this try means for the next one."""
        if isinstance(error, TooManyRequests):
            error.retry_after = self._spread(error.retry_after or BUSY_SECONDS)
        if isinstance(error, PreparationLost) and self.publication.committed_at is None:
            self._save(prepared=None, poll_at=None, waits_until=None)

    def _spread(self, seconds: float) -> float:
        """When to come back: told the same moment, all waiting posts of an account would, and but one be let in.

        One that may be out already is looked after soon.
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
        return seconds + random.uniform(0, min(seconds * (waiting - 1), SPREAD_SECONDS))  # noqa: S311 - no secret


@contextmanager
def open_attempt(run: RunContext, key: str) -> Iterator[Attempt]:
    """A try at bringing a post out, or a look at one that is out: that is all that a run without a task may do."""
    with run.write() as session:
        publication = session.get_one(Publication, UUID(key))
        account = session.get_one(Account, publication.account_id)
    if run.task_id is None and publication.published_at is None:
        raise Conflict(
            "This was not published, and a run alone never posts.",
            code="not_asked",
            remedy="Retry its task over the API.",
        )
    with run.folder() as folder:
        tried = Attempt(run, publication, account, folder)
        try:
            yield tried
        except Error as error:
            tried.record_failure(error)
            raise


def decrypt_prepared(publication: Publication) -> Prepared:
    """What the platform was given so far."""
    if publication.prepared is None:
        return {}
    opened: Prepared = json.loads(encryption.decrypt(publication.prepared, _about(publication)))
    return opened


def _about(publication: Publication) -> str:
    return encryption.associated_data("publications", publication.id, "prepared")


def rejection(problems: list[Problem]) -> Invalid:
    """The error for a post that the platform would refuse."""
    first = problems[0]
    return Invalid(" ".join(problem.detail for problem in problems), code=first.code, remedy=first.remedy)
