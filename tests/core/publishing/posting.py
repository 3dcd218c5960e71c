"""Posts on a stand-in of a platform, brought out as workers, sensors and time do it.

The stand-in keeps to the protocol of `platforms/base.py` and to nothing else: it posts at every commit that reaches it,
so that a second one shows. It fails where it is told to, and what runs ends at any moment that is named.
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

from content_pipeline.assets.publications import publish
from content_pipeline.core import storage
from content_pipeline.core.accounts import accounts
from content_pipeline.core.clock import now
from content_pipeline.core.database import transaction
from content_pipeline.core.errors import Error, TooManyRequests, UpstreamError
from content_pipeline.core.models import Account, Publication, Reel, Task
from content_pipeline.core.platforms import registry
from content_pipeline.core.platforms.base import (
    Access,
    Ambiguous,
    Disconnected,
    Expired,
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
from content_pipeline.core.platforms.oauth_provider import Tokens
from content_pipeline.core.publishing import polling, publications
from content_pipeline.core.publishing.publications import PostSpec, Source
from content_pipeline.core.reels import reels
from content_pipeline.core.reels.reel_spec import ReelSpec
from content_pipeline.core.settings import settings
from content_pipeline.core.tasks import executions, tasks
from content_pipeline.core.tasks.executions import Stopped
from content_pipeline.core.tasks.run_context import RunContext
from content_pipeline.engine import step
from tests.accounts import encryption_key
from tests.factories import make_account, make_twin
from tests.media import samples

PLATFORM: Final = "tiktok"
# What must not be in the database in clear.
UPLOAD: Final = "https://upload.example.com/secret-address"
TOKEN: Final = "secret-token"


# One of each kind of error.
REFUSED: Final = Refused("The sound is somebody else's.", code="platform_refused")
BROKEN: Final = UpstreamError("It answered 400.", code="remote_failed")
AWAY: Final = UpstreamError("It did not answer.", code="platform_unreachable", retryable=True)
BUSY: Final = TooManyRequests("Slowly.", retry_after=60)
LOST: Final = PreparationLost("The upload is gone.")
AMBIGUOUS: Final = Ambiguous("It broke off.")
UNKNOWN: Final = OutcomeUnknown("It cannot say.")
EXPIRED: Final = Expired("The token is not good.")
DISCONNECTED: Final = Disconnected("The person left.", remedy="Connect the account again.")


class Crash(BaseException):
    """The process ends here."""


@dataclass
class Fault:
    """What a call raises: before it has done its work, or after it."""

    error: BaseException
    after: bool = False


@dataclass
class StandIn:
    """A publisher and its platform. `faults` are used up by the calls they are for, one each; None lets one pass.

    `slow` says for how many seconds the platform is at work on what was prepared or committed; the address of a post
    is known `late` seconds after it is out.
    """

    faults: dict[str, list[Fault | None]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    slow: dict[str, float] = field(default_factory=dict)
    late: float = 0.0
    moment: Callable[[str], None] = lambda _: None
    calls: list[str] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    posted: list[Post] = field(default_factory=list)
    uploads: dict[str, datetime] = field(default_factory=dict)
    committed: dict[str, datetime] = field(default_factory=dict)

    def check(self, access: Access | None, post: Post) -> list[Problem]:
        with self._call("check", access):
            return self.problems

    def prepare(
        self,
        access: Access,
        post: Post,
        prepared: Prepared,
        *,
        keep: Callable[[Prepared], None],
        progress: Callable[[float], None],
    ) -> Ready | Processing:
        with self._call("prepare", access):
            if not prepared:
                prepared = {"id": str(uuid4()), "address": UPLOAD}
                self.uploads[prepared["id"]] = now()
                keep(prepared)
            progress(1.0)
            return self._processing("prepare", self.uploads[prepared["id"]]) or Ready()

    def is_processing(self, access: Access, prepared: Prepared) -> bool:
        with self._call("is_processing", access):
            committed = self.committed.get(prepared["id"])
            begun = ("commit", committed) if committed else ("prepare", self.uploads[prepared["id"]])
            return bool(self._processing(*begun))

    def commit(self, access: Access, post: Post, prepared: Prepared) -> Published | Processing:
        with self._call("commit", access):
            self.posted.append(post)
            self.committed[prepared["id"]] = now()
            return self._standing(prepared)

    def confirm(self, access: Access, prepared: Prepared) -> Published | Processing:
        with self._call("confirm", access):
            return self._standing(prepared)

    def reconcile(self, access: Access, post: Post, prepared: Prepared) -> Published | Processing | NotCommitted:
        with self._call("reconcile", access):
            return self._standing(prepared) if prepared["id"] in self.committed else NotCommitted()

    def _standing(self, prepared: Prepared) -> Published | Processing:
        since = self.committed[prepared["id"]]
        if at_work := self._processing("commit", since):
            return at_work
        if now() < since + timedelta(seconds=self.late):
            return Published(None, None)
        return Published(prepared["id"], f"https://platform.example.com/{prepared['id']}")

    def _processing(self, step: str, since: datetime) -> Processing | None:
        return Processing(3.0) if now() < since + timedelta(seconds=self.slow.get(step, 0.0)) else None

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


class Refreshing:
    """The platform's OAuth, as far as a refresh goes."""

    def __init__(self) -> None:
        self.times = 0

    def refresh(self, tokens: Tokens, *, issued_at: datetime) -> Tokens:
        self.times += 1
        return Tokens(f"{TOKEN}-{self.times}", None, None, None, ())


@dataclass
class Stage:
    """A workspace with an account on the stand-in, and the means to bring its posts out."""

    platform: StandIn
    workspace_id: UUID
    refreshing: Refreshing

    def account(self, workspace_id: UUID | None = None) -> Account:
        """One more account."""
        with transaction() as session:
            account = make_account(session, workspace_id or self.workspace_id, PLATFORM, issued_at=now())
            tokens = Tokens(TOKEN, None, None, None, ())
            for column, value in accounts.encrypted_columns(account.id, tokens).items():
                setattr(account, column, value)
        return account

    def post(self, account: Account, caption: str | None = "Look at this.", **fields: Any) -> str:
        """The key of a post that was asked for: of a reel, unless `source` is another."""
        with transaction() as session:
            twin = make_twin(session, account.workspace_id)
            source = fields.pop("source", None) or Source(_reel(session, twin))
            spec = PostSpec(PLATFORM, account.id, caption=caption, **fields)
            ((publication, _),) = publications.create_with_tasks(
                session, account.workspace_id, twin=twin, source=source, specs=[spec]
            )
        return str(publication.id)

    # ── what workers do ──────────────────────────────────────────────────────────────────────────────────

    def run(self, key: str, *, task: Task | None = None) -> BaseException | None:
        """One run, as a worker does it, for the present start of the post's task or for `task`, as that was read.

        Returns what Dagster got to see raised. A run that crashes is declared dead.
        """
        task = task or newest(key)
        run_id = str(uuid4())
        executions.begin(run_id, "interactive@test")
        tags = {"task_id": task.id, "task_start": str(task.starts), "dagster-celery/queue": task.lane}
        return self._run(key, run_id, tags)

    def run_alone(self, key: str) -> BaseException | None:
        """A run that no task asked for, as from Dagster's page."""
        executions.begin(run_id := str(uuid4()), "interactive@test")
        return self._run(key, run_id, {})

    def _run(self, key: str, run_id: str, tags: dict[str, Any]) -> BaseException | None:
        raised: BaseException | None = None
        try:
            list(step.perform(context(key, run_id, tags), publications.KIND, publish))
        except Crash as crash:
            with transaction() as session:
                executions.stop(session, run_id)
            return crash
        except (dg.Failure, dg.DagsterExecutionInterruptedError, Error, Exception) as error:
            raised = error
        with suppress(Stopped):
            executions.end(run_id)
        return raised

    # ── what sensors and time do ─────────────────────────────────────────────────────────────────────────

    def go_on(self, key: str) -> BaseException | None:
        """Whatever comes next for an open post: time passes until it does."""
        task, row = newest(key), publication(key)
        if task.state == "queued":
            return self.run(key)
        if task.state == "processing":  # whoever began it is dead
            self._start(task)
            return self.run(key)
        assert task.not_before
        if row.poll_at and row.poll_at < task.not_before:
            pass_until(row.poll_at)
            with suppress(Crash):  # of the sensor
                return self.run(key) if self.poll() else None
            return None
        pass_until(task.not_before)
        self._start(task)
        return self.run(key)

    def end(self, key: str, *, most: int = 400) -> Task:
        """Go on until the post's task has ended. Returns it."""
        for _ in range(most):
            if newest(key).state not in tasks.OPEN:
                return newest(key)
            self.go_on(key)
        raise AssertionError(f"It does not end: {newest(key).state}, {self.platform.calls[-10:]}")

    def poll(self) -> list[Task]:
        """A tick of the sensor that asks platforms. Returns the tasks it starts."""
        with transaction() as session:
            due = polling.claim_due(session, most=1000)
        return [task for task in map(polling.poll, due) if task]

    def _start(self, task: Task) -> None:
        with transaction() as session:
            if task.state == "processing":
                executions.stop_subject(session, tasks.subject(task.subject_kind, task.subject_key))
            assert tasks.reserve_start(session, session.get_one(Task, task.id))


def context(key: str, run_id: str, tags: dict[str, Any]) -> Any:
    """As much of Dagster's context as `step.perform` asks for."""
    run = SimpleNamespace(run_id=run_id, tags={name: value for name, value in tags.items() if value})
    instance = SimpleNamespace(get_run_by_id=lambda _: None)
    return SimpleNamespace(partition_key=key, run=run, instance=instance, log=SimpleNamespace(**_LOG))


_LOG: Final = {level: lambda *_: None for level in ("info", "warning", "error")}


def publication(key: str) -> Publication:
    with transaction() as session:
        return session.get_one(Publication, UUID(key))


def newest(key: str) -> Task:
    with transaction() as session:
        return tasks.newest(session, publications.KIND, key)


def code(task: Task) -> str | None:
    """Why a task failed."""
    return task.error and task.error["code"]


def retry(key: str) -> Task:
    """As a person does it."""
    with transaction() as session:
        return publications.retry(session, tasks.newest(session, publications.KIND, key))


def cancel(key: str) -> None:
    """As a person does it. Raises Conflict."""
    with transaction() as session:
        tasks.cancel(session, tasks.newest(session, publications.KIND, key))


def reconnect(account: Account) -> None:
    """As its owner does it."""
    with transaction() as session:
        row = session.get_one(Account, account.id)
        row.status, row.reason = "connected", None


def pass_until(moment: datetime) -> None:
    """Let time pass until then."""
    offset_file = settings().clock_offset_file
    offset = float(offset_file.read_text()) if offset_file.exists() else 0.0
    offset_file.write_text(str(offset + max((moment - now()).total_seconds(), 0.0) + 0.001))


def pass_by(**time: float) -> None:
    pass_until(now() + timedelta(**time))


def everything_written(key: str) -> str:
    """The rows of a post and its tasks, with bytes as they are."""
    with transaction() as session:
        rows = [session.get_one(Publication, UUID(key)), tasks.newest(session, publications.KIND, key)]
        values = [{column.name: getattr(row, column.name) for column in row.__table__.columns} for row in rows]
    return json.dumps(values, default=lambda value: value.decode("latin1") if isinstance(value, bytes) else str(value))


def _reel(session: Any, twin: Any) -> Reel:
    reel = reels.create(session, twin, ReelSpec(script="AI is here.", platform=PLATFORM, voice_id=twin.voice_id))
    reel.output_key = f"{twin.workspace_id}/reels/{reel.id}/reel.mp4"
    storage.put(reel.output_key, _VIDEO[0], content_type="video/mp4")
    return reel


_VIDEO: Final[list[Path]] = []


@contextmanager
def stage(workspace_id: UUID, folder: Path) -> Iterator[Stage]:
    """All that a test needs. Time moves on its own clock, which is put back."""
    if not _VIDEO or not _VIDEO[0].exists():
        _VIDEO[:] = [samples.video(folder / "reel.mp4", seconds=1)]
    made, refreshing = StandIn(), Refreshing()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings(), "encryption_keys", [encryption_key(1)])
        patch.setattr(settings(), "dagster_url", "http://127.0.0.1:1")
        spec = replace(registry.PLATFORMS[PLATFORM], publisher=made, oauth=refreshing)
        patch.setitem(registry.PLATFORMS, PLATFORM, spec)
        yield Stage(made, workspace_id, refreshing)
        settings().clock_offset_file.unlink(missing_ok=True)
        with transaction() as session:  # no other stage is to ask about posts of this one
            session.execute(update(Publication).values(poll_at=None))


@contextmanager
def moments(platform: StandIn, moment: Callable[[str], None]) -> Iterator[None]:
    """Tell `moment` of every call to the platform, before and after it, and of every write that has been committed."""
    plain = RunContext.write

    @contextmanager
    def told(run: RunContext) -> Iterator[Any]:
        with plain(run) as session:
            yield session
        moment("written")

    platform.moment = moment
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RunContext, "write", told)
        yield
    platform.moment = lambda _: None
