"""DNS look-ups: side by side, bounded, and abandoned at the deadline."""

import socket
import threading
from collections.abc import Iterator

import pytest

from content_pipeline.core.infrastructure.net import name_lookups
from content_pipeline.core.infrastructure.net.name_lookups import NameLookups
from tests.polling import until

ANSWER = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8", 0))]


@pytest.fixture
def slow_names(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The names that were asked for; those that begin with "slow" are not answered within the test."""
    asked: list[str] = []
    ended = threading.Event()

    def look_up(host: str, *_: object, **__: object) -> list[object]:
        asked.append(host)
        if host.startswith("slow"):
            ended.wait()
        if host == "missing":
            raise socket.gaierror
        return list(ANSWER)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    yield asked
    ended.set()


def test_names_that_answer_are_found_beside_one_that_does_not(slow_names: list[str]) -> None:
    found = dict(NameLookups(most=4).look_up_all(["slow", "fast", "missing"], seconds=0.1))
    assert found["fast"].result() == ["8.8.8.8"]
    assert isinstance(found["missing"].exception(), OSError)
    assert set(found) == {"fast", "missing"}


def test_one_call_takes_only_some_of_the_look_ups(slow_names: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(name_lookups, "AT_ONCE", 3)
    assert not list(NameLookups(most=10).look_up_all([f"slow-{number}" for number in range(8)], seconds=0.05))
    assert len(slow_names) == 3


def test_while_abandoned_look_ups_take_all_the_room_nobody_waits_for_it(slow_names: list[str]) -> None:
    lookups = NameLookups(most=2)
    assert not list(lookups.look_up_all(["slow-1", "slow-2"], seconds=0.05))
    assert not list(lookups.look_up_all(["fast"], seconds=3600))
    with pytest.raises(TimeoutError):
        lookups.look_up("fast", seconds=0.05)
    assert "fast" not in slow_names


def test_a_look_up_that_ends_after_all_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: ended.wait() and ANSWER)
    lookups = NameLookups(most=1)
    with pytest.raises(TimeoutError):
        lookups.look_up("slow", seconds=0.05)
    ended.set()
    assert until(lambda: lookups.look_up("fast", seconds=5), seconds=10, what="the room") == ["8.8.8.8"]
