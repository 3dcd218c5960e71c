"""Concurrency limits of requests."""

import anyio

from api.limits.concurrency_limits import ConcurrencyLimit


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
