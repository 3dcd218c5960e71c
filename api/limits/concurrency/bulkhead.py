"""Bulkhead: routes that call other servers run in threads of their own, limited in all and per workspace.

A server that does not answer, or a name that does not resolve, therefore cannot block other routes. Those share
Starlette's 40 threads, one at a time for each workspace.
"""

import inspect
from collections.abc import AsyncIterator, Callable, Coroutine, Generator
from functools import partial, wraps
from inspect import iscoroutinefunction
from typing import Annotated, Any, Final, Literal, ParamSpec, TypeVar

from anyio import CancelScope, CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import Depends, Request

from api.limits.concurrency.concurrency_limit import ConcurrencyLimit, client_of

Arguments = ParamSpec("Arguments")
Returned = TypeVar("Returned")
Item = TypeVar("Item")

# A waiting route may hold a connection of the pool of 40 (core/infrastructure/database.py); the others need the rest.
OUTBOUND: Final = ConcurrencyLimit("wait for other servers", most=24, per_client=6)
# One for each workspace, as of the 40 threads, because boto3 computes more than it waits.
OBJECT_STORE: Final = ConcurrencyLimit("use the object store", most=24, per_client=1)
# Each workspace has one of the 40 threads that routes share. Such a route takes milliseconds, unless it waits for a row
# that another one has locked. 16 lists of a workspace took all ten connections for single statements, and reads of
# tasks waited for one. Each thread that computes keeps the interpreter from the event loop for a turn: with 2 that list
# tasks, the reads of others took 3.8 times as long (99 %; bench/noisy_neighbor.py).
_SHARED: Final = ConcurrencyLimit("are being answered", most=1000, per_client=1)
_SLOT: Final = inspect.Parameter("_bulkhead_slot", inspect.Parameter.KEYWORD_ONLY)
_END: Final = object()


def in_bulkhead(
    slots: ConcurrencyLimit = OUTBOUND, *, until: Literal["function", "request"] = "function"
) -> Callable[[Callable[Arguments, Returned]], Callable[Arguments, Coroutine[Any, Any, Returned]]]:
    """Run a synchronous route with one of the slots, in a thread that no other route waits for.

    The slot is held until the function returns, or until the response of the `request` has been sent.
    """

    async def hold_slot(request: Request) -> AsyncIterator[None]:
        async with slots.slot(client_of(request)):
            yield

    def decorate(route: Callable[Arguments, Returned]) -> Callable[Arguments, Coroutine[Any, Any, Returned]]:
        @wraps(route)
        async def apart(*arguments: Arguments.args, **named: Arguments.kwargs) -> Returned:
            named.pop(_SLOT.name)
            return await _in_thread(partial(route, *arguments, **named))

        signature = inspect.signature(route)
        slot = _SLOT.replace(annotation=Annotated[None, Depends(hold_slot, scope=until)])
        apart.__signature__ = signature.replace(  # type: ignore[attr-defined]
            parameters=[*signature.parameters.values(), slot]
        )
        return apart

    return decorate


async def _shared_thread(request: Request) -> AsyncIterator[None]:
    if iscoroutinefunction(request.scope["route"].endpoint):  # it is in the bulkhead, or waits without a thread
        yield
        return
    async with _SHARED.slot(client_of(request)):
        yield


# All routes depend on this, except the read of a task, which clients poll and which is a coroutine anyway.
SHARED_THREAD: Final = Depends(_shared_thread, scope="function")


async def in_shared_thread(request: Request, function: Callable[[], Returned]) -> Returned:
    """Run a function in one of the threads that routes share, for a route that then stays open without a thread.

    60 streams of a finished batch, opened at once, took all 40 threads: reads of others took 0.37 s (99 %).
    """
    async with _SHARED.slot(client_of(request)):
        return await run_sync(function)


async def iterate(items: Generator[Item]) -> AsyncIterator[Item]:
    """The items of a synchronous generator, which is closed at the end; for a route that holds its slot so long."""
    try:
        while (item := await _in_thread(partial(next, items, _END))) is not _END:
            yield item
    finally:
        with CancelScope(shield=True):
            await _in_thread(items.close)


async def _in_thread(call: Callable[[], Returned]) -> Returned:
    # The slots are the limit.
    return await run_sync(call, limiter=CapacityLimiter(1))
