"""Admission control: how many requests of a workspace begin at a time."""

import asyncio
from collections import Counter
from types import SimpleNamespace
from uuid import UUID, uuid4

import pytest
from starlette.types import Message, Receive, Scope, Send

from api import admission_control
from api.admission_control import BEGINNING, AdmissionControl

pytestmark = pytest.mark.usefixtures("_long_beginning")


@pytest.fixture
def _long_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission_control, "BEGINNING_SECONDS", 3600.0)


class Requests:
    """Requests that stay in the application until they are told to end, and those that came to it, by workspace."""

    def __init__(self) -> None:
        self.admitted = Counter[UUID | None]()
        self._ends: list[asyncio.Event] = []
        self._sent: list[asyncio.Task[None]] = []
        self._middleware = AdmissionControl(self._answer)

    async def send(self, workspace: UUID | None, count: int) -> None:
        """Send so many, and let each come as far as it may."""
        state = {"caller": SimpleNamespace(workspace_id=workspace)} if workspace else {}
        scope: Scope = {"type": "http", "state": state}
        self._sent += [asyncio.create_task(self._middleware(scope, _receive, _send)) for _ in range(count)]
        await self._settle()

    async def answer(self, count: int) -> None:
        """Answer so many of those that have come, and others that come then."""
        for _ in range(count):
            while not self._ends:
                await asyncio.sleep(0)
            self._ends.pop(0).set()
        await self._settle()

    async def _settle(self) -> None:
        for _ in range(10 * len(self._sent)):
            await asyncio.sleep(0)

    async def _answer(self, scope: Scope, _: Receive, __: Send) -> None:
        caller = scope["state"].get("caller")
        self.admitted[caller.workspace_id if caller else None] += 1
        end = asyncio.Event()
        self._ends.append(end)
        await end.wait()


async def _receive() -> Message:
    return {}


async def _send(_: Message) -> None: ...


def test_few_requests_of_a_workspace_begin_at_a_time_and_those_of_others_beside_them() -> None:
    async def check() -> None:
        requests, busy, other = Requests(), uuid4(), uuid4()
        await requests.send(busy, 60)
        await requests.send(other, 1)
        assert requests.admitted == {busy: BEGINNING, other: 1}
        await requests.answer(61)
        assert requests.admitted == {busy: 60, other: 1}

    asyncio.run(check())


def test_a_request_that_waits_lets_the_next_ones_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission_control, "BEGINNING_SECONDS", 0.01)

    async def check() -> None:
        requests, workspace = Requests(), uuid4()
        await requests.send(workspace, 20)
        async with asyncio.timeout(30):
            while requests.admitted[workspace] < 20:
                await asyncio.sleep(0.01)
        await requests.answer(20)

    asyncio.run(check())


def test_a_request_that_is_answered_late_gives_its_place_back_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async def check() -> None:
        requests, workspace = Requests(), uuid4()
        monkeypatch.setattr(admission_control, "BEGINNING_SECONDS", 0.0)
        await requests.send(workspace, BEGINNING)
        monkeypatch.setattr(admission_control, "BEGINNING_SECONDS", 3600.0)
        await requests.send(workspace, 20)
        assert requests.admitted[workspace] == 2 * BEGINNING
        await requests.answer(BEGINNING)
        assert requests.admitted[workspace] == 2 * BEGINNING
        await requests.answer(20)

    asyncio.run(check())


def test_requests_without_a_key_are_let_through() -> None:
    async def check() -> None:
        requests = Requests()
        await requests.send(None, 60)
        assert requests.admitted == {None: 60}
        await requests.answer(60)

    asyncio.run(check())
