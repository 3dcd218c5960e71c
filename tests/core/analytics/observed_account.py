"""An account of the sandbox on a clock that stands still between events, read and derived as Dagster would do it."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import date, datetime, timedelta, tzinfo
from typing import Any, Final
from uuid import UUID

import pytest
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from content_pipeline.core.analytics import daily, daily_inputs, sync, windows
from content_pipeline.core.analytics.windows import Window
from content_pipeline.core.errors import Error
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Account, Publication, RateLimit
from tests.accounts import connect
from tests.factories import make_publication, make_workspace
from tests.sandbox_server import Sandbox

# How long after the end of a window its run starts.
_STARTED: Final = timedelta(seconds=5)
# A read is tried this often before it fails.
_TRIES: Final = 3
HANDLE: Final = "mara.bakes"


class Killed(BaseException):
    """The worker was killed here."""


class StandingClock:
    """Stands in for `datetime` in the two modules that know the time: that of the product and that of the sandbox."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self, zone: tzinfo) -> datetime:
        return self.moment.astimezone(zone)


class ObservedAccount:
    """One connected account. Its methods are the events that may befall it; `moments` are the times at which it was
    read, and `stale` the days whose windows were read since they were derived."""

    def __init__(self, sandbox: Sandbox, platform: str, clock: StandingClock, *, spam: bool) -> None:
        self.sandbox, self.platform, self.clock = sandbox, platform, clock
        self.moments: set[datetime] = set()
        self.error: Error | None = None
        self._stale: set[date] = set()
        sandbox.reset()
        sandbox.set(spam_removal=spam)
        with transaction() as session:
            # Rows of the examples before are taken out of the way: the sandbox gives posts their ids by the time, which
            # is the same in all examples.
            session.execute(update(Account).values(status="disconnected"))
            session.execute(update(Publication).values(post_id=None))
            session.execute(delete(RateLimit))
            self.workspace_id: UUID = make_workspace(session)
        self.account_id = connect(sandbox, self.workspace_id, platform, HANDLE).id
        self.post(3, days=20)

    # ── events ───────────────────────────────────────────────────────────────────────────────────────────

    def pass_windows(self, count: int) -> None:
        """Windows end, and each is read."""
        for _ in range(count):
            self._end_window()
            self.read()

    def miss_windows(self, count: int) -> None:
        """Windows end, and nothing runs: the stack is down, or the clock was set forward."""
        for _ in range(count):
            self._end_window()

    def fail_windows(self, count: int) -> None:
        """Windows end while the platform is down."""
        for _ in range(count):
            self._end_window()
            self.sandbox.fail(self.platform, "insights", "status", status=503, times=_TRIES)
            self.read()
        self.sandbox.withdraw_faults()

    def refuse_windows(self, count: int) -> None:
        """The token is refused until the owner connects the account again."""
        with transaction() as session:
            user_id = session.get_one(Account, self.account_id).user_id
        self.sandbox.revoke(self.platform, user_id)
        self.pass_windows(count)
        assert connect(self.sandbox, self.workspace_id, self.platform, HANDLE).id == self.account_id

    def set_back(self, hours: float) -> None:
        """An operator, or NTP, sets the clock back, and the same window is read again."""
        self.clock.moment -= timedelta(hours=hours)
        self.read()

    def read_twice(self) -> None:
        """The present window is read by two runs at once."""
        _at_once(self.read, self.read)

    def kill(self, after: int) -> None:
        """A worker dies while it reads the present window, and another one reads it."""
        self._end_window()
        with suppress(Killed):
            self.read(transaction=_dying(after))
        self.read()

    def back_fill(self, ago: int, count: int) -> None:
        """An operator reads windows of the past in one run."""
        last = windows.latest_complete(now()).start - windows.LENGTH * ago
        self.read([Window(last - windows.LENGTH * number) for number in reversed(range(count))])

    def post(self, count: int, *, days: int = 0) -> None:
        """The owner publishes on the phone, or through us where the platform does not tell what the owner did."""
        made = self.sandbox.history(self.platform, account=HANDLE, posts=count, days=days)
        if self.platform == "linkedin":
            self._publish(made)

    def publish(self) -> None:
        """We publish."""
        self._publish(self.sandbox.history(self.platform, account=HANDLE, posts=1, days=0))

    def vanish(self, number: int) -> None:
        """The owner deletes a post."""
        live = [post["id"] for post in self.sandbox.posts() if post["platform"] == self.platform]
        if live:
            self.sandbox.delete_post(self.platform, live[number % len(live)])

    def derive(self) -> None:
        """Dagster derives what was read."""
        days, self._stale = sorted(self._stale), set()
        for day in days:
            _derive(day, day)

    def derive_days(self, ago: int, count: int) -> None:
        """An operator derives days again, in two runs that overlap."""
        last = self.today - timedelta(days=ago)
        first = last - timedelta(days=count)
        _at_once(lambda: _derive(first, last), lambda: _derive(last, last))

    # ── runs ─────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def today(self) -> date:
        return self.clock.moment.date()

    def read(self, asked: Sequence[Window] = (), *, transaction: sync.Transaction = transaction) -> None:
        """A run of these windows, or of the present one. Its days are to be derived when it has succeeded."""
        asked = asked or [windows.latest_complete(now())]
        self.moments.add(self.clock.moment)
        (outcome,) = sync.sync_platform(transaction, self.platform, asked)
        self.error = outcome.error
        if outcome.error is None:
            self._stale |= {window.start.date() for window in asked}

    def recover(self) -> None:
        """Windows are read until all that platforms tell late is settled; the last one ends at noon."""
        self.pass_windows(1)
        self.miss_windows(4 * 7)
        while self.clock.moment.hour != 12:
            self.miss_windows(1)
        self.read()
        assert self.error is None, self.error.to_dict()
        self.derive()

    def _end_window(self) -> None:
        self.clock.moment = windows.latest_complete(now()).end + windows.LENGTH + _STARTED

    def _publish(self, made: Sequence[dict[str, Any]]) -> None:
        with transaction() as session:
            for post in made:
                published_at = datetime.fromisoformat(post["time"])
                more = {"post_id": post["id"], "published_at": published_at, "committed_at": published_at}
                make_publication(session, self.account_id, **more)


def _derive(first: date, last: date) -> None:
    """A run of `daily_metrics`."""
    with transaction() as session:
        accounts = daily_inputs.changed_accounts(session, first, last)
    for account_id in accounts:
        with transaction() as session:
            daily.derive(session, account_id, first, last)


def _at_once(*actions: Callable[[], None]) -> None:
    together = threading.Barrier(len(actions))

    def act(action: Callable[[], None]) -> None:
        together.wait()
        action()

    with ThreadPoolExecutor(len(actions)) as pool:
        list(pool.map(act, actions))


def _dying(after: int) -> sync.Transaction:
    """Transactions of a worker that is killed before, at the end of, or after one of its transactions."""
    left = iter(range(after, -1, -1))

    def live() -> None:
        if next(left, 0) == 0:
            raise Killed

    @contextmanager
    def open_transaction() -> Iterator[Session]:
        live()
        with transaction() as session:
            yield session
            live()
        live()

    return open_transaction


@contextmanager
def standing_clock(start: datetime) -> Iterator[StandingClock]:
    clock = StandingClock(start)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("content_pipeline.core.infrastructure.clock.datetime", clock)
        patch.setattr("sandbox.store.datetime", clock)
        yield clock
