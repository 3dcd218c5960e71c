"""DNS look-ups with a deadline: side by side in threads, bounded in number, and abandoned when the time is over.

getaddrinfo has no timeout: a name server that does not answer holds it for 5 to 30 s, and nothing can end it. So each
look-up has a thread of its own, which counts until it has ended. They are daemons: a process that ends does not wait
for them.
"""

import socket
import time
from collections.abc import Collection, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from threading import BoundedSemaphore, Thread
from typing import Final

Addresses = list[str]
# Look-ups of one call at a time.
AT_ONCE: Final = 32


class NameLookups:
    """Look-ups for one purpose; `most` of them run at once, the abandoned ones included."""

    def __init__(self, most: int) -> None:
        self._free = BoundedSemaphore(most)

    def look_up(self, host: str, *, seconds: float) -> Addresses:
        """The addresses of a host. Raises OSError (TimeoutError when it takes longer), UnicodeError for a bad name."""
        deadline = time.monotonic() + seconds
        lookup = self._start(host, seconds)
        if lookup is None:
            raise TimeoutError(f"too many look-ups at once to look {host} up")
        return lookup.result(max(0.0, deadline - time.monotonic()))

    def look_up_all(self, hosts: Collection[str], *, seconds: float) -> Iterator[tuple[str, Future[Addresses]]]:
        """The look-ups that have ended within `seconds` in all, each with its host; the others are abandoned.

        While too many run already, none is waited for.
        """
        deadline = time.monotonic() + seconds
        waiting, running = list(hosts), dict[Future[Addresses], str]()
        while waiting or running:
            while waiting and len(running) < AT_ONCE and (lookup := self._start(waiting[-1])):
                running[lookup] = waiting.pop()
            ended, _ = wait(running, max(0.0, deadline - time.monotonic()), FIRST_COMPLETED)
            if not ended:
                return
            yield from ((running.pop(lookup), lookup) for lookup in ended)

    def _start(self, host: str, seconds: float = 0.0) -> Future[Addresses] | None:
        """Begin a look-up; None when there is no room for it within `seconds`."""
        if not self._free.acquire(timeout=seconds):
            return None
        lookup: Future[Addresses] = Future()

        def run() -> None:
            try:
                lookup.set_result(_addresses(host))
            except Exception as error:
                lookup.set_exception(error)
            finally:
                self._free.release()

        Thread(target=run, name=f"look-up of {host[:50]}", daemon=True).start()
        return lookup


def _addresses(host: str) -> Addresses:
    entries = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in entries))
