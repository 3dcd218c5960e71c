"""Signal hook: tells the application that the server is shutting down, while responses are still open.

uvicorn runs the lifespan's shutdown only after the last response: an endless one would keep it from ever ending.
"""

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def calling_on_shutdown(callback: Callable[[], None]) -> Iterator[None]:
    """Call `callback` in the event loop when the process is told to end, before the server's own signal handler.

    Outside of the main thread, where a process has no signal handlers, it is not called.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    handlers = {number: signal.getsignal(number) for number in _SIGNALS}

    def handle(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(callback)
        handler = handlers[signal.Signals(number)]
        if callable(handler):
            handler(number, frame)

    for number in _SIGNALS:
        signal.signal(number, handle)
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
