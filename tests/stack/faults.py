"""Fault injection on a whole stack: kills its services during work, and uses the API as a client that does not give up.

Limits of time are for a test that hangs, and no figures of the product.
"""

import random
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import cycle, islice
from typing import Any
from uuid import uuid4

import httpx
from sqlalchemy.exc import OperationalError

from tests.polling import until
from tests.stack.client import Client
from tests.stack.harness import Stack


@contextmanager
def kills(
    stack: Stack, victims: Sequence[str], *, times: int, pause: tuple[float, float], kind: str, seconds: float
) -> Iterator[list[str]]:
    """kill -9 one of `victims` after another, `times` in all, with random pauses (seconds) while the block runs.

    Victims are services and "supervisor". The pause before "io" is killed begins with its work on rows of this kind: if
    each began work were killed at once, none would ever be done. Yields the list of those killed so far; afterwards the
    stack is ready.
    """
    killed: list[str] = []
    ended = threading.Event()

    def kill_in_turn() -> None:
        for victim in islice(cycle(victims), times):
            if victim == "io":
                until(lambda: ended.is_set() or works_on(stack, kind), seconds=seconds, what=f"work on a {kind}")
            if ended.wait(random.uniform(*pause)):
                return
            _kill(stack, victim)
            killed.append(victim)

    with ThreadPoolExecutor(1) as pool:
        killing = pool.submit(kill_in_turn)
        try:
            yield killed
        finally:
            ended.set()
        killing.result()
    stack.wait_until_ready()


def _kill(stack: Stack, victim: str) -> None:
    if victim == "supervisor":
        stack.kill_supervisor()
        stack.up()
    else:
        stack.kill(victim)


def works_on(stack: Stack, kind: str) -> bool:
    """Whether a worker works on a row of this kind; False while the database is down.

    One that was killed after its run had ended leaves its row behind, without heartbeats.
    """
    query = (
        "select 1 from executions where worker is not null and not stop and subject like :kind || ':%'"
        " and beat_at > clock_timestamp() - interval '15 s' limit 1"
    )
    try:
        return bool(stack.sql(query, kind=kind))
    except OperationalError:
        return False


def post(client: Client, path: str, body: Mapping[str, Any], *, seconds: float) -> dict[str, Any]:
    """POST, and repeat with the same idempotency key until it is accepted. Returns the response."""
    key = {"Idempotency-Key": str(uuid4())}

    def accepted() -> dict[str, Any] | None:
        try:
            answer = client.http.post(path, json=body, headers=key)
        except httpx.HTTPError:
            return None
        assert answer.status_code in (202, 409, 502, 503), answer.text
        return answer.json() if answer.status_code == 202 else None

    return until(accepted, seconds=seconds, what="a response", pause=0.5)


def wait_for_ends(
    client: Client, paths: Sequence[str], has_ended: Callable[[dict[str, Any]], bool], *, seconds: float
) -> dict[str, dict[str, Any]]:
    """GET each path until the answer has ended. Returns the last answers by path."""
    ends: dict[str, dict[str, Any]] = {}

    def have_ended() -> bool:
        # Only the unfinished are requested: the rate limit is 1,200 requests a minute per key.
        for path in paths:
            if path not in ends and (found := _read(client, path)) and has_ended(found):
                ends[path] = found
        return len(ends) == len(paths)

    until(have_ended, seconds=seconds, what=f"the ends of {len(paths)} requests", pause=max(1, len(paths) / 20))
    return ends


def _read(client: Client, path: str) -> dict[str, Any] | None:
    """The answer; None while the API is down."""
    try:
        answer = client.http.get(path)
    except httpx.HTTPError:
        return None
    return answer.json() if answer.status_code == httpx.codes.OK else None
