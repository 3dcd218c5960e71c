"""Serves ASGI applications over HTTP from a thread, for tests."""

import threading
from asyncio import Protocol
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import uvicorn
from starlette.types import ASGIApp

from tests.polling import until
from tests.stack.harness import free_port


@contextmanager
def serving(
    app: ASGIApp, lifespan: Literal["on", "off"] = "off", protocol: type[Protocol] | Literal["auto"] = "auto"
) -> Iterator[str]:
    """The base URL of a uvicorn server for `app`. `lifespan`: whether the application's startup and shutdown run.

    `protocol`: of HTTP, as the API's own, which takes no web sockets.
    """
    port = free_port()
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=port,
        log_level="warning",
        lifespan=lifespan,
        http=protocol,
        ws="auto" if protocol == "auto" else "none",
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        until(lambda: server.started, seconds=10, what="the server", pause=0.01)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)
