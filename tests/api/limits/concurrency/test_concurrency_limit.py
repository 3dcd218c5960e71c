"""Concurrency limits of requests."""

import anyio
import pytest

from api.limits.concurrency import concurrency_limit
from api.limits.concurrency.concurrency_limit import ConcurrencyLimit
from content_pipeline.core.errors import TooManyRequests


def test_requests_of_others_come_between_those_of_a_client_that_wait_for_nothing() -> None:
    """All thirty were served in one turn of the event loop, and the other one after them."""
    limit, served = ConcurrencyLimit("ask", most=100, per_client=2), list[str]()

    async def ask(client: str) -> None:
        async with limit.slot(client):
            served.append(client)

    async def ask_all() -> None:
        async with anyio.create_task_group() as asking:
            for client in [*["busy"] * 30, "other"]:
                asking.start_soon(ask, client)

    anyio.run(ask_all)
    assert len(served) == 31
    assert served.index("other") < 5


@pytest.mark.slow
def test_requests_that_come_together_are_neither_refused_nor_told_to_come_back_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Thirty refusals in one moment kept the event loop for 0.15 s, and again when their clients came back."""
    monkeypatch.setattr(concurrency_limit, "PATIENCE_SECONDS", 1.0)
    limit, refused = ConcurrencyLimit("ask", most=100, per_client=1), list[tuple[float, float]]()

    async def ask() -> None:
        with pytest.raises(TooManyRequests) as refusal:
            async with limit.slot("busy"):
                pass
        refused.append((anyio.current_time(), refusal.value.retry_after or 0))

    async def ask_all() -> None:
        async with limit.slot("busy"), anyio.create_task_group() as asking:
            for _ in range(30):
                asking.start_soon(ask)

    anyio.run(ask_all)
    moments, retries = zip(*refused, strict=True)
    assert max(moments) - min(moments) > 0.5
    assert max(retries) - min(retries) > 2
