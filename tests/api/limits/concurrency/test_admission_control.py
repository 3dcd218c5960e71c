"""Admission control: how many requests of a workspace are worked on at a time."""

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from http.client import HTTPConnection
from types import SimpleNamespace
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from api.authentication import API_KEY
from api.limits.concurrency import admission_control, concurrency_limit
from api.limits.concurrency.admission_control import SLOTS_PER_WORKSPACE, AdmissionControl
from api.limits.concurrency.concurrency_limit import ConcurrencyLimit
from content_pipeline.core.errors import TooManyRequests
from tests.api.conftest import PUBLIC
from tests.polling import until
from tests.servers import serving

LONG = 3600.0


@pytest.fixture(autouse=True)
def _long_slots(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission_control, "SLOT_SECONDS", LONG)


class Requests:
    """Requests to an application that answers each when it is told to, and counts those that come, by workspace."""

    def __init__(self) -> None:
        self.admitted = Counter[UUID | None]()
        self.sent: list[asyncio.Task[None]] = []
        self._ends: list[asyncio.Future[None]] = []
        self._middleware = AdmissionControl(self._answer)

    async def send(self, workspace: UUID | None, count: int, answered: Send | None = None) -> None:
        """Send so many, and let each come as far as it may. `answered` gets their answers."""
        state = {"caller": SimpleNamespace(workspace_id=workspace)} if workspace else {}
        scope: Scope = {"type": "http", "headers": [], "state": state}
        self.sent += [asyncio.create_task(self._middleware(scope, _receive, answered or _send)) for _ in range(count)]
        await self._settle()

    async def answer(self, count: int) -> None:
        """Answer so many, in the order in which they have come to the application."""
        for _ in range(count):
            self._ends.pop(0).set_result(None)
            await self._settle()

    async def fail(self, error: Exception) -> None:
        self._ends.pop(0).set_exception(error)
        await self._settle()

    async def begin_to_stream(self) -> None:
        """Send the first part of the answer to the last request that has come."""
        await self._last_send({"type": "http.response.start", "status": 200, "headers": []})
        await self._settle()
        await self._last_send({"type": "http.response.body", "body": b"", "more_body": True})
        await self._settle()

    async def _settle(self) -> None:
        for _ in range(20 * len(self.sent)):
            await asyncio.sleep(0)

    async def _answer(self, scope: Scope, _: Receive, send: Send) -> None:
        caller = scope["state"].get("caller")
        self.admitted[caller.workspace_id if caller else None] += 1
        self._last_send = send
        end = asyncio.get_running_loop().create_future()
        self._ends.append(end)
        await end
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})


async def _receive() -> Message:
    return {}


async def _send(_: Message) -> None: ...


def test_two_requests_of_a_workspace_are_worked_on_at_a_time_and_those_of_others_beside_them() -> None:
    async def check() -> None:
        requests, busy, other = Requests(), uuid4(), uuid4()
        await requests.send(busy, 60)
        await requests.send(other, 1)
        assert requests.admitted == {busy: SLOTS_PER_WORKSPACE, other: 1}
        await requests.answer(61)
        assert requests.admitted == {busy: 60, other: 1}

    asyncio.run(check())


def test_a_request_that_waits_for_something_lets_the_next_ones_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission_control, "SLOT_SECONDS", 0.01)

    async def check() -> None:
        requests, workspace = Requests(), uuid4()
        await requests.send(workspace, 20)
        async with asyncio.timeout(30):
            while requests.admitted[workspace] < 20:
                await asyncio.sleep(0.01)

    asyncio.run(check())


def test_a_stream_lets_the_next_one_in_once_it_is_under_way() -> None:
    async def check() -> None:
        requests, workspace = Requests(), uuid4()
        await requests.send(workspace, SLOTS_PER_WORKSPACE + 2)
        await requests.begin_to_stream()
        assert requests.admitted[workspace] == SLOTS_PER_WORKSPACE + 1

    asyncio.run(check())


def test_a_request_that_begins_within_the_answer_to_another_needs_a_slot_of_its_own() -> None:
    async def check() -> None:
        requests, workspace = Requests(), uuid4()

        async def begin_more(message: Message) -> None:  # as uvicorn begins pipelined requests
            if message["type"] == "http.response.body":
                await requests.send(workspace, 20)

        await requests.send(workspace, 1, begin_more)
        await requests.answer(1)
        await requests.sent[0]
        await requests.send(workspace, 0)
        assert requests.admitted[workspace] == 1 + SLOTS_PER_WORKSPACE

    asyncio.run(check())


def test_a_slot_that_was_given_back_in_time_is_not_given_back_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async def check() -> None:
        requests, workspace = Requests(), uuid4()
        monkeypatch.setattr(admission_control, "SLOT_SECONDS", 0.0)
        await requests.send(workspace, SLOTS_PER_WORKSPACE)
        monkeypatch.setattr(admission_control, "SLOT_SECONDS", LONG)
        await requests.send(workspace, 20)
        assert requests.admitted[workspace] == 2 * SLOTS_PER_WORKSPACE
        await requests.answer(SLOTS_PER_WORKSPACE)
        assert requests.admitted[workspace] == 2 * SLOTS_PER_WORKSPACE

    asyncio.run(check())


def test_requests_that_fail_or_are_canceled_give_their_slots_back() -> None:
    async def check() -> None:
        requests, workspace = Requests(), uuid4()
        await requests.send(workspace, SLOTS_PER_WORKSPACE + 3)
        await requests.fail(ValueError("The application fails."))
        assert requests.admitted[workspace] == SLOTS_PER_WORKSPACE + 1
        requests.sent[1].cancel()
        requests.sent[-1].cancel()  # while it waits
        await requests.answer(0)
        await asyncio.gather(*requests.sent[:2], requests.sent[-1], return_exceptions=True)
        assert requests.admitted[workspace] == SLOTS_PER_WORKSPACE + 2

    asyncio.run(check())


def test_requests_that_wait_too_long_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(concurrency_limit, "PATIENCE_SECONDS", 0.01)

    async def check() -> None:
        requests, workspace = Requests(), uuid4()
        await requests.send(workspace, SLOTS_PER_WORKSPACE + 1)
        with pytest.raises(TooManyRequests) as refusal:
            await requests.sent[-1]
        assert refusal.value.code == "too_many_at_once"

    asyncio.run(check())


def test_requests_without_a_key_are_let_through() -> None:
    async def check() -> None:
        requests = Requests()
        await requests.send(None, 60)
        assert requests.admitted == {None: 60}

    asyncio.run(check())


@pytest.mark.slow
def test_the_api_admits_by_workspace_after_it_has_checked_the_key(
    app: FastAPI, connect: Callable[..., TestClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admission_control, "SLOTS", ConcurrencyLimit("are one", most=1000, per_client=1))
    monkeypatch.setattr(concurrency_limit, "PATIENCE_SECONDS", 0.5)
    busy, other = (connect().headers[API_KEY] for _ in range(2))
    with serving(app) as url, closing(HTTPConnection(url.removeprefix("http://"))) as slow:

        def answer(key: str) -> httpx.Response:
            return httpx.get(f"{url}{PUBLIC}/tasks", headers={API_KEY: key})

        slow.putrequest("POST", f"{PUBLIC}/twins")
        for name, value in ((API_KEY, busy), ("Content-Type", "application/json"), ("Content-Length", "2")):
            slow.putheader(name, value)
        slow.endheaders(b"{")
        refused = until(lambda: _refusal(answer(busy)), seconds=30, what="a request that has the slot")
        assert refused["code"] == "too_many_at_once"
        assert answer(other).status_code == 200
        assert answer("sk_wrong").status_code == 401
        slow.send(b"}")
        assert slow.getresponse().status == 422
        assert answer(busy).status_code == 200


def _refusal(answer: httpx.Response) -> dict[str, str] | None:
    return answer.json() if answer.status_code == 429 else None
