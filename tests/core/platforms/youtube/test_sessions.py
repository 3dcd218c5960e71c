"""Resumable uploads, against a server that takes valid chunks only. A step is 4 bytes here and a piece 12, so that a
short file has many."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_pipeline.core.errors import UpstreamError
from content_pipeline.core.platforms.base import Ambiguous, PreparationLost
from content_pipeline.core.platforms.youtube import sessions
from content_pipeline.core.platforms.youtube.sessions import Session, fill, send, stored
from tests.core.platforms.network import network
from tests.core.platforms.wire import ACCESS
from tests.core.platforms.youtube.session_server import ADDRESS, LOST, LOST_ANSWER, SessionServer

STEP, PIECE = 4, 12
CONTENT = bytes(range(200))
sizes = st.integers(1, len(CONTENT))


@contextmanager
def reached(server: SessionServer) -> Iterator[Session]:
    with network(server), pytest.MonkeyPatch.context() as patch:
        patch.setattr(sessions, "STEP", STEP)
        patch.setattr(sessions, "PIECE", PIECE)
        yield Session(ADDRESS, server.size)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("video") / "video.mp4"
    path.write_bytes(CONTENT)
    return path


@pytest.mark.slow
@given(size=sizes, data=st.data())
def test_all_but_a_last_small_piece_is_sent_from_wherever_the_session_is(file: Path, size: int, data) -> None:
    server = SessionServer(size, STEP)
    had = STEP * data.draw(st.integers(0, (size - 1) // STEP))
    server.data += CONTENT[:had]
    told: list[float] = []
    with reached(server) as session:
        have = fill(ACCESS, session, file, told.append)
        assert have == session.last_piece == len(server.data)
    assert 1 <= size - have <= STEP
    assert bytes(server.data) == CONTENT[:have]
    assert all(end - start <= PIECE for start, end in server.pieces)
    assert told == sorted(told)
    assert all(0 <= share < 1 for share in told)


@pytest.mark.slow
@given(size=sizes, faults=st.lists(st.sampled_from([None, LOST, LOST_ANSWER, 500, 503]), max_size=8))
def test_no_byte_is_lost_or_sent_twice_whatever_breaks(file: Path, size: int, faults: list) -> None:
    server = SessionServer(size, STEP, faults)
    gave_up: list[UpstreamError] = []
    with reached(server) as session:
        have = 0
        while have != session.last_piece:
            try:
                have = fill(ACCESS, session, file, lambda _: None)
            except UpstreamError as error:  # too much at once: a later run goes on
                gave_up.append(error)
        server.faults.clear()
        video = send(ACCESS, session, file, have, size)
    assert all(error.retryable and not isinstance(error, Ambiguous) for error in gave_up)
    assert isinstance(video, dict)
    assert bytes(server.data) == CONTENT[:size]
    assert [start for start, _ in server.pieces] == [0, *(end for _, end in server.pieces[:-1])]


def test_a_session_without_a_byte_has_none() -> None:
    with reached(SessionServer(100, STEP)) as session:
        assert stored(ACCESS, session) == 0


def test_a_session_with_all_bytes_is_the_video(file: Path) -> None:
    server = SessionServer(100, STEP)
    server.data += CONTENT[:100]
    with reached(server) as session:
        video = stored(ACCESS, session)
        assert fill(ACCESS, session, file, lambda _: None) == video
    assert isinstance(video, dict)
    assert video["id"] == "dQw4w9WgXcQ"
    assert not server.pieces


def test_a_session_that_is_gone_is_lost(file: Path) -> None:
    server = SessionServer(100, STEP)
    server.gone = True
    with reached(server) as session:
        for ask in (lambda: stored(ACCESS, session), lambda: send(ACCESS, session, file, 0, 4)):
            with pytest.raises(PreparationLost):
                ask()


@pytest.mark.parametrize("fault", [LOST, LOST_ANSWER, 500])
def test_a_last_piece_that_broke_off_is_ambiguous(file: Path, fault: Exception | int) -> None:
    server = SessionServer(3, STEP, [fault])
    with reached(server) as session, pytest.raises(Ambiguous):
        send(ACCESS, session, file, 0, 3)


def test_a_real_piece_is_a_multiple_of_256_kib() -> None:
    assert sessions.PIECE % sessions.STEP == 0
    assert sessions.STEP == 256 * 1024
