"""Thread pools beside Starlette's own, for authentication, readiness, scrapes, parsing of JSON and launching runs."""

from collections.abc import Callable
from functools import partial
from typing import Final, ParamSpec, TypeVar

from anyio import CapacityLimiter
from anyio.lowlevel import RunVar
from anyio.to_thread import run_sync

Arguments = ParamSpec("Arguments")
Returned = TypeVar("Returned")


class ThreadPool:
    """Up to `most` threads. Calls beyond that wait in the event loop, where they cost no thread."""

    def __init__(self, name: str, most: int) -> None:
        self._most = most
        self._limiter: RunVar[CapacityLimiter] = RunVar(f"threads of {name}")

    async def run(
        self, call: Callable[Arguments, Returned], *arguments: Arguments.args, **named: Arguments.kwargs
    ) -> Returned:
        try:
            limiter = self._limiter.get()
        except LookupError:  # the first call in this event loop
            limiter = CapacityLimiter(self._most)
            self._limiter.set(limiter)
        return await run_sync(partial(call, *arguments, **named), limiter=limiter)


# Looks up keys that are not in memory, and synchronizes the rate limits. Both share the pool of 10 connections with the
# reads of tasks.
AUTHENTICATION: Final = ThreadPool("authentication", 4)
# One reads, and those that wait for it get what it has read.
READINESS: Final = ThreadPool("readiness", 1)
# One reads the database; what two Prometheus servers ask at once is read twice, one after the other.
SCRAPES: Final = ThreadPool("scrapes", 1)
# They compute, so more would only make others wait longer for the interpreter.
JSON_PARSING: Final = ThreadPool("JSON parsing", 2)
# Launches runs after the response. Those of a batch of 100 rows took up to 15 s under load.
LAUNCHES: Final = ThreadPool("launches", 8)
