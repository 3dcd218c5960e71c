"""Returns this process's memory to the system: clears reloadable caches, and trims the C heap (malloc_trim)."""

import ctypes
import gc
from collections.abc import Callable
from typing import Final, Protocol, TypeVar


class _Cached(Protocol):
    def cache_clear(self) -> None: ...


_Loader = TypeVar("_Loader", bound=_Cached)

# `release` calls these.
idle_actions: Final[list[Callable[[], None]]] = []


def dropped_when_idle(loader: _Loader) -> _Loader:
    """Decorator of a function with a cache (functools): `release` empties it. For models and drawings."""
    call_when_idle(loader.cache_clear)
    return loader


def call_when_idle(action: Callable[[], None]) -> None:
    """Have `release` call this, too."""
    idle_actions.append(action)


def release() -> None:
    """Empty the caches of what is `dropped_when_idle`, which loads again at its next use, and `trim`."""
    for action in idle_actions:
        action()
    trim()


def trim() -> None:
    """Collect garbage, and return free memory of the C heap, which glibc keeps (35 MB after captions)."""
    gc.collect()
    _malloc_trim()


def _find_malloc_trim() -> Callable[[], object]:
    try:
        malloc_trim = ctypes.CDLL(None).malloc_trim
    except AttributeError:  # only glibc has it
        return lambda: None
    return lambda: malloc_trim(0)


_malloc_trim: Final = _find_malloc_trim()
