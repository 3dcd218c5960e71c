"""Servers that say what no HTTP server would: for tests of clients that have to end."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress

# A server's handler: gets a connection and the received request.
Talk = Callable[[socket.socket, bytes], None]


@contextmanager
def talking(talk: Talk) -> Iterator[str]:
    """Host and port of a server that hands each connection to `talk`."""
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=_accept, args=(listener, talk), daemon=True).start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def _accept(listener: socket.socket, talk: Talk) -> None:
    with suppress(OSError):
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=_talk, args=(connection, talk), daemon=True).start()


def _talk(connection: socket.socket, talk: Talk) -> None:
    with closing(connection), suppress(OSError):
        talk(connection, connection.recv(65536))


def says(head: str, body: bytes = b"") -> Talk:
    return lambda connection, _: connection.sendall(head.replace("\n", "\r\n").encode() + b"\r\n\r\n" + body)


def drips(head: str = "") -> Talk:
    """Slow drip: one byte at a time forever, each of which resets an ordinary read timeout."""

    def talk(connection: socket.socket, _: bytes) -> None:
        connection.sendall(head.replace("\n", "\r\n").encode())
        while True:
            connection.sendall(b"x")
            time.sleep(0.02)  # the pace of the drip, which is what is tested

    return talk
