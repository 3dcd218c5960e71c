"""Publishing on a fake platform, with the parts of workers, sensors and the clock played by the test.

The fake implements the Publisher protocol of `platforms/base.py` and nothing else: every commit creates a post, so that
a duplicate shows. Tests inject faults into its calls, and interrupt a run at any moment.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final
from uuid import UUID, uuid4

import dagster as dg
import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from content_pipeline.assets.publications import publish
from content_pipeline.core.errors import Error
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.library.sources import Source
from content_pipeline.core.models import Account, Publication, Reel, Task, Twin
from content_pipeline.core.platforms import registry
from content_pipeline.core.platforms.accounts import accounts
from content_pipeline.core.platforms.base import (
    Access,
    NotCommitted,
    Post,
    Prepared,
    Problem,
    Processing,
    Published,
    Ready,
    Refused,
)
from content_pipeline.core.platforms.oauth_provider import Tokens
from content_pipeline.core.publishing import polling, publications
from content_pipeline.core.publishing.publications import PostSpec
from content_pipeline.core.reels import reels
from content_pipeline.core.reels.reel_spec import ReelSpec
from content_pipeline.core.settings import settings
from content_pipeline.core.tasks import cancellation, dagster_client, leases, starts, tasks
from content_pipeline.core.tasks.leases import Stopped
from content_pipeline.core.tasks.run_context import RunContext
from content_pipeline.engine import step
from tests.accounts import encryption_key
from tests.core.publishing.faults import Crash, Fault
from tests.factories import make_account, make_twin
from tests.media import samples

PLATFORM: Final = "tiktok"
# This must not be in the database in plaintext.
UPLOAD: Final = "https://upload.example.com/secret-address"
TOKEN: Final = "secret-token"


@dataclass
class FakePlatform:
    """A publisher and its platform. Each call consumes the next of its `faults`; None lets it succeed.

    `processing_seconds` is how long the platform processes what was prepared or committed, by step; the URL of a post
    is known `url_delay` seconds after it is published. `shows`: its answers tell that it shows the post.
    """

    faults: dict[str, list[Fault | None]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    processing_seconds: dict[str, float] = field(default_factory=dict)
    url_delay: float = 0.0
    shows: bool = False
    moment: Callable[[str], None] = lambda _: None
    calls: list[str] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    posted: list[Post] = field(default_factory=list)
    uploads: dict[str, datetime] = field(default_factory=dict)
    contents: dict[str, Post] = field(default_factory=dict)
    committed: dict[str, datetime] = field(default_factory=dict)

    def check(self, access: Access | None, post: Post) -> list[Problem]:
        with self._call("check", access):
            return self.problems

    def needs_post(self, prepared: Prepared) -> bool:
        return not prepared

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
        with self._call("prepare", access):
            if not prepared:
                assert post
                prepared = {"id": str(uuid4()), "address": UPLOAD}
                self.uploads[prepared["id"]], self.contents[prepared["id"]] = now(), post
                keep(prepared)
            progress(1.0)
            return self._processing("prepare", self.uploads[prepared["id"]]) or Ready()

    def is_processing(self, access: Access, prepared: Prepared) -> bool:
        with self._call("is_processing", access):
            committed = self.committed.get(prepared["id"])
            begun = ("commit", committed) if committed else ("prepare", self.uploads[prepared["id"]])
            return bool(self._processing(*begun))

    def commit(self, access: Access, post: Post | None, prepared: Prepared) -> Published | Processing:
        with self._call("commit", access):
            self.posted.append(self.contents[prepared["id"]])
            self.committed[prepared["id"]] = now()
            return self._status(prepared)

    def confirm(self, access: Access, prepared: Prepared) -> Published | Processing:
        with self._call("confirm", access):
            return self._status(prepared)

    def reconcile(self, access: Access, post: Post | None, prepared: Prepared) -> Published | Processing | NotCommitted:
        with self._call("reconcile", access):
            return self._status(prepared) if prepared["id"] in self.committed else NotCommitted()

    def _status(self, prepared: Prepared) -> Published | Processing:
        since = self.committed[prepared["id"]]
        if processing := self._processing("commit", since):
            return processing
        if now() < since + timedelta(seconds=self.url_delay):
            return Published(None, None)
        return Published(prepared["id"], f"https://platform.example.com/{prepared['id']}", is_shown=self.shows)

    def _processing(self, step: str, since: datetime) -> Processing | None:
        return Processing(3.0) if now() < since + timedelta(seconds=self.processing_seconds.get(step, 0.0)) else None

    @contextmanager
    def _call(self, name: str, access: Access | None) -> Iterator[None]:
        self.calls.append(name)
        self.tokens.append(access.token if access else "")
        fault = self.faults[name].pop(0) if self.faults.get(name) else None
        self.moment(f"before {name}")
        if fault and not fault.after:
            raise copy(fault.error)
        yield
        self.moment(f"after {name}")
        if fault:
            raise copy(fault.error)


class FakeOAuth:
    """The platform's token refresh."""

    def __init__(self) -> None:
        self.refreshes = 0

    def refresh(self, tokens: Tokens, *, issued_at: datetime) -> Tokens:
        self.refreshes += 1
        return Tokens(f"{TOKEN}-{self.refreshes}", None, None, None, ())


@dataclass
class Stage:
    """A workspace, its accounts on the fake platform, and the steps that publish its posts."""

    platform: FakePlatform
    workspace_id: UUID
    oauth: FakeOAuth

    def account(self, workspace_id: UUID | None = None) -> Account:
        """Create an account."""
        with transaction() as session:
            account = make_account(session, workspace_id or self.workspace_id, PLATFORM, issued_at=now())
            tokens = Tokens(TOKEN, None, None, None, ())
            for column, value in accounts.encrypted_columns(account.id, tokens).items():
                setattr(account, column, value)
        return account

    def post(self, account: Account, caption: str | None = "Look at this.", **fields: Any) -> str:
        """Create a post, by default of a reel. Returns its key."""
        with transaction() as session:
            twin = make_twin(session, account.workspace_id)
            source = fields.pop("source", None) or Source(make_reel(session, twin))
            spec = PostSpec(PLATFORM, account.id, caption=caption, **fields)
            ((publication, _),) = publications.create_with_tasks(
                session, account.workspace_id, twin=twin, source=source, specs=[spec]
            )
        return str(publication.id)

    # ── workers ──────────────────────────────────────────────────────────────────────────────────────────

    def run(self, key: str, *, task: Task | None = None) -> BaseException | None:
        """Execute one run, as a worker does, for the newest task of the post or for `task`, as it was read.

        Returns the error that Dagster would see. A run that crashes is declared dead.
        """
        task = task or newest(key)
        run_id = str(uuid4())
        leases.begin(run_id, "interactive@test")
        tags = {**dagster_client.task_tags(task), dagster_client.QUEUE_TAG: task.lane}
        return self._run(key, run_id, tags)

    def run_without_task(self, key: str) -> BaseException | None:
        """Execute a run without a task, as one launched in Dagster's UI."""
        leases.begin(run_id := str(uuid4()), "interactive@test")
        return self._run(key, run_id, {dagster_client.OPERATOR_TAG: now().isoformat()})

    def _run(self, key: str, run_id: str, tags: dict[str, Any]) -> BaseException | None:
        raised: BaseException | None = None
        try:
            dagster = context(key, run_id, tags)
            list(step.perform(dagster, publications.KIND, lambda run, row: publish(dagster, run, row)))
        except Crash as crash:
            with transaction() as session:
                leases.stop(session, run_id)
            return crash
        except (dg.Failure, dg.DagsterExecutionInterruptedError, Error, Exception) as error:
            raised = error
        with suppress(Stopped):
            leases.end(run_id)
        return raised

    # ── sensors and clock ────────────────────────────────────────────────────────────────────────────────

    def advance(self, key: str) -> BaseException | None:
        """Advance the clock to the next step of an open post, and execute it."""
        task, row = newest(key), publication(key)
        if task.state == "queued":
            return self.run(key)
        if task.state == "processing":  # the run that began it has died
            self._start(task)
            return self.run(key)
        assert task.not_before
        if row.poll_at and row.poll_at < task.not_before:
            advance_clock_to(row.poll_at)
            with suppress(Crash):  # of the sensor
                return self.run(key) if self.poll() else None
            return None
        advance_clock_to(task.not_before)
        self._start(task)
        return self.run(key)

    def run_to_end(self, key: str, *, most: int = 400) -> Task:
        """Advance until the post's task has ended. Returns it."""
        for _ in range(most):
            if newest(key).state not in tasks.OPEN:
                return newest(key)
            self.advance(key)
        raise AssertionError(f"It does not end: {newest(key).state}, {self.platform.calls[-10:]}")

    def fail_once(self) -> Task:
        """Publish a post that the platform refuses at the first commit, and takes at the next one. Returns its task,
        which has failed."""
        self.platform.faults = {"commit": [Fault(Refused("The platform is closed.", remedy="Wait."))]}
        key = self.post(self.account())
        failed = self.run_to_end(key)
        assert (failed.state, self.platform.posted) == ("error", [])
        return failed

    def poll(self) -> list[Task]:
        """One tick of the polling sensor. Returns the tasks that it starts."""
        with transaction() as session:
            due = polling.claim_due(session, most=1000)
        return [found for found in map(polling.poll, due) if isinstance(found, Task)]

    def _start(self, task: Task) -> None:
        with transaction() as session:
            if task.state == "processing":
                leases.stop_subject(session, tasks.subject(task.subject_kind, task.subject_key))
            assert starts.reserve_start(session, session.get_one(Task, task.id))


def context(key: str, run_id: str, tags: dict[str, Any]) -> Any:
    """The part of Dagster's context that `step.perform` uses."""
    run = SimpleNamespace(run_id=run_id, tags={name: value for name, value in tags.items() if value})
    none = SimpleNamespace(records=[])
    instance = SimpleNamespace(
        get_run_by_id=lambda _: None,
        add_run_tags=lambda *_: None,
        fetch_materializations=lambda *_, **__: none,
        has_dynamic_partition=lambda *_: True,
    )
    return SimpleNamespace(partition_key=key, run=run, instance=instance, log=SimpleNamespace(**_LOG))


_LOG: Final = {level: lambda *_: None for level in ("info", "warning", "error")}


def publication(key: str) -> Publication:
    with transaction() as session:
        return session.get_one(Publication, UUID(key))


def newest(key: str) -> Task:
    with transaction() as session:
        return tasks.newest(session, publications.KIND, key)


def code(task: Task) -> str | None:
    """The error code of a task."""
    return task.error and task.error["code"]


def retry(key: str) -> Task:
    """Retry a post, as the API does."""
    with transaction() as session:
        return publications.retry(session, tasks.newest(session, publications.KIND, key))


def cancel(key: str) -> None:
    """Cancel a post, as the API does. Raises Conflict."""
    with transaction() as session:
        cancellation.cancel(session, tasks.newest(session, publications.KIND, key))


def reconnect(account: Account) -> None:
    """Mark an account as reconnected."""
    with transaction() as session:
        row = session.get_one(Account, account.id)
        row.status, row.reason = "connected", None


def advance_clock_to(moment: datetime) -> None:
    """Advance the clock to `moment`."""
    offset_file = settings().clock_offset_file
    offset = float(offset_file.read_text()) if offset_file.exists() else 0.0
    offset_file.write_text(str(offset + max((moment - now()).total_seconds(), 0.0) + 0.001))


def advance_clock(**time: float) -> None:
    advance_clock_to(now() + timedelta(**time))


def stored_values(key: str) -> str:
    """All column values of a post and its newest task, as text."""
    with transaction() as session:
        rows = [session.get_one(Publication, UUID(key)), tasks.newest(session, publications.KIND, key)]
        values = [{column.name: getattr(row, column.name) for column in row.__table__.columns} for row in rows]
    return json.dumps(values, default=lambda value: value.decode("latin1") if isinstance(value, bytes) else str(value))


def make_reel(session: Session, twin: Twin) -> Reel:
    reel = reels.create(session, twin, ReelSpec(script="AI is here.", platform=PLATFORM, voice_id=twin.voice_id))
    reel.output_key = f"{twin.workspace_id}/reels/{reel.id}/reel.mp4"
    storage.put(reel.output_key, _VIDEO[0], content_type="video/mp4")
    return reel


_VIDEO: Final[list[Path]] = []


@contextmanager
def stage(workspace_id: UUID, folder: Path) -> Iterator[Stage]:
    """Register the fake platform for the block. The clock is reset afterwards."""
    if not _VIDEO or not _VIDEO[0].exists():
        _VIDEO[:] = [samples.video(folder / "reel.mp4", seconds=1)]
    platform, oauth = FakePlatform(), FakeOAuth()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings(), "encryption_keys", [encryption_key(1)])
        patch.setattr(settings(), "dagster_url", "http://127.0.0.1:1")
        spec = replace(registry.PLATFORMS[PLATFORM], publisher=platform, oauth=oauth, prepares_ahead=True)
        patch.setitem(registry.PLATFORMS, PLATFORM, spec)
        yield Stage(platform, workspace_id, oauth)
        settings().clock_offset_file.unlink(missing_ok=True)
        with transaction() as session:  # so that no other test polls these posts
            session.execute(update(Publication).values(poll_at=None))


@contextmanager
def observe_moments(platform: FakePlatform, moment: Callable[[str], None]) -> Iterator[None]:
    """Call `moment` with a name before and after every call to the platform, and after every committed write."""
    write = RunContext.write

    @contextmanager
    def write_and_notify(run: RunContext) -> Iterator[Any]:
        with write(run) as session:
            yield session
        moment("written")

    platform.moment = moment
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RunContext, "write", write_and_notify)
        yield
    platform.moment = lambda _: None
