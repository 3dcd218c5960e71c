"""Fork server, as of multiprocessing: a process that has imported what its children need forks one for each request.

`ForkServer` is the side of the process that wants children, `serve` that of the server. A file is read in 7 ms by such
a child, and in 151 ms by one that starts Python and imports PyAV (bench examination). It is as separate as any other:
the server reads nothing of a file, and what a child learns or breaks ends with it.
"""

import gc
import json
import os
import select
import selectors
import signal
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Final, NoReturn

import structlog

from content_pipeline.core.infrastructure.processes import child_process
from content_pipeline.core.infrastructure.processes.exec_limited import confine

log = structlog.get_logger()

# A server holds 20 MB that it shares with no other one, and there is one for each process that has read media lately.
IDLE_SECONDS: Final = 10.0
_REQUEST_BYTES: Final = 65_536
# A server that does not end a child in this time, because it was stopped or hangs, is killed.
KILL_SECONDS: Final = 10.0
# How limits end a child. After a crash the server ends too: its children have the same layout of addresses and the same
# stack canary, and files could try one guess after the other.
_LIMITS: Final = (signal.SIGKILL, signal.SIGXCPU)
# The status of a child whose server has ended, as when it could not import what it needs.
_LOST: Final = 1


@dataclass
class ForkedProcess:
    """A child of the server. `stdout` is its standard output."""

    stdout: IO[bytes]
    _status: socket.socket
    _server: subprocess.Popen[bytes]

    def wait(self) -> int:
        """Its exit status, negative where a signal ended it."""
        status = self._status.recv(16)
        return int(status) if status else _LOST

    def kill(self) -> None:
        """Have the server kill it: where its id has been given to another process, that one is not hit.

        A server that does not do so is killed, and all its children with it.
        """
        ended = select.poll()  # `select` takes no descriptors above 1,023
        try:
            self._status.shutdown(socket.SHUT_WR)
            ended.register(self._status, select.POLLIN)
        except (OSError, ValueError):  # the block has exited
            return
        if not ended.poll(1000 * KILL_SECONDS):
            self._server.kill()


class ForkServer:
    """Runs functions of `module`, a program that calls `serve`, in forked processes. Threads may share it.

    The server is started with the first request, and again where it has ended because there was none for a while. It
    ends with this process.
    """

    def __init__(self, module: str) -> None:
        self._module = module
        self._lock = threading.Lock()
        self._running: _RunningServer | None = None

    @contextmanager
    def fork(self, *arguments: str, memory: int, stdin: IO[bytes], stderr: IO[bytes]) -> Iterator[ForkedProcess]:
        """A process that runs with these arguments, in at most `memory` bytes of address space, and is killed when
        the block exits."""
        status, servers_status = socket.socketpair()
        output, childs_output = os.pipe()
        with status, os.fdopen(output, "rb") as stdout:
            try:
                descriptors = [servers_status.fileno(), stdin.fileno(), childs_output, stderr.fileno()]
                server = self._send(json.dumps({"arguments": arguments, "memory": memory}).encode(), descriptors)
            finally:
                servers_status.close()
                os.close(childs_output)
            process = ForkedProcess(stdout, status, server)
            try:
                yield process
            finally:
                process.kill()
                process.wait()

    def close(self) -> None:
        """End the server when its children have ended."""
        with self._lock:
            if self._running:
                self._running.requests.close()
                self._running = None

    def _send(self, request: bytes, descriptors: Sequence[int]) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._running:
                with suppress(OSError):  # it has ended, or ends
                    socket.send_fds(self._running.requests, [request], descriptors)
                    return self._running.process
                self._running.requests.close()
            self._running = _start(self._module, request, descriptors)
            return self._running.process


@dataclass(frozen=True)
class _RunningServer:
    process: subprocess.Popen[bytes]
    requests: socket.socket


def _start(module: str, request: bytes, descriptors: Sequence[int]) -> _RunningServer:
    """Start a server with its first request; what it says on standard error is for the log of this process."""
    requests, servers_requests = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with servers_requests:
        socket.send_fds(requests, [request], descriptors)
        server = subprocess.Popen(
            [sys.executable, "-m", module],
            env=child_process.environment(),
            stdin=servers_requests.fileno(),
            stdout=subprocess.DEVNULL,
            process_group=0,
        )
    threading.Thread(target=_await_end, args=[server], name="fork server", daemon=True).start()
    return _RunningServer(server, requests)


def _await_end(server: subprocess.Popen[bytes]) -> None:
    """Wait for a server, which would stay as a zombie."""
    if status := server.wait():
        log.error("fork_server_failed", status=status)


def serve(run: Callable[[Sequence[str]], int]) -> None:
    """Fork children that exit with `run(arguments)`, until the client is gone, or has asked for nothing for a while.

    Requests arrive at standard input: a JSON object, with four descriptors: a socket for the exit status, by which the
    client also says that it wants the child no more, and the child's standard input, output and error.
    """
    gc.freeze()  # what is not collected is not copied either
    _Server(socket.socket(fileno=os.dup(0)), run).serve()


class _Server:
    def __init__(self, requests: socket.socket, run: Callable[[Sequence[str]], int]) -> None:
        self._requests = requests
        self._run = run
        self._is_open = True
        self._statuses: dict[int, socket.socket] = {}
        self._signals, wakeup = socket.socketpair()
        wakeup.setblocking(False)
        self._wakeup = wakeup  # open as long as this
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wakeup.fileno(), warn_on_full_buffer=False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(requests, selectors.EVENT_READ, self._take_request)
        self._selector.register(self._signals, selectors.EVENT_READ, self._reap)

    def serve(self) -> None:
        while self._is_open or self._statuses:
            ready = self._selector.select(None if self._statuses else IDLE_SECONDS)
            for key, _ in ready:
                key.data()
            if not ready:  # what has been sent by now is still taken, and what comes later starts another server
                self._requests.shutdown(socket.SHUT_RD)

    def _take_request(self) -> None:
        request, descriptors, _, _ = socket.recv_fds(self._requests, _REQUEST_BYTES, 4)
        if not request:
            self._selector.unregister(self._requests)
            self._is_open = False
            return
        status = socket.socket(fileno=descriptors[0])
        server = os.getpid()
        try:
            pid = os.fork()
        except OSError:  # no memory for it: the client reads the end of the socket
            traceback.print_exc()
            status.close()
        else:
            if pid == 0:
                _be_child(self._run, server, descriptors[1:], **json.loads(request))
            self._statuses[pid] = status
            self._selector.register(status, selectors.EVENT_READ, partial(self._kill, pid, status))
        for descriptor in descriptors[1:]:
            os.close(descriptor)

    def _kill(self, pid: int, status: socket.socket) -> None:
        if self._statuses.get(pid) is status:  # or it has ended in the same turn, and another child may have its id
            self._selector.unregister(status)
            with suppress(ProcessLookupError):  # it has no group yet
                os.killpg(pid, signal.SIGKILL)
            os.kill(pid, signal.SIGKILL)

    def _reap(self) -> None:
        self._signals.recv(4096)
        while self._statuses:
            pid, ended = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            with self._statuses.pop(pid) as status:
                if status in self._selector.get_map():
                    self._selector.unregister(status)
                with suppress(OSError):  # the client is gone
                    status.send(str(os.waitstatus_to_exitcode(ended)).encode())
            if os.WIFSIGNALED(ended) and os.WTERMSIG(ended) not in _LIMITS:
                self._requests.shutdown(socket.SHUT_RD)  # as when idle


def _be_child(
    run: Callable[[Sequence[str]], int], server: int, streams: Sequence[int], arguments: Sequence[str], memory: int
) -> NoReturn:
    """Run with the three standard streams, and none of the server's other descriptors: those are of other requests."""
    status = 1
    try:
        os.setpgid(0, 0)
        signal.set_wakeup_fd(-1)
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
        for descriptor in [int(path.name) for path in Path("/proc/self/fd").iterdir()]:
            if descriptor > 2:
                with suppress(OSError):  # that of this listing is closed
                    os.close(descriptor)
        confine(server, memory)
        status = run(arguments)
    except BaseException:  # as at the end of every Python program
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(status)
