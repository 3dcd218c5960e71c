"""Allocation of free ports."""

import os
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_pipeline.cli import ports

NAMES = st.lists(st.text(min_size=1), unique=True, max_size=8)


@pytest.mark.slow
@given(NAMES)
def test_every_name_gets_its_own_free_port(names: list[str]) -> None:
    picked = ports.pick(names, {})
    assert list(picked) == names
    assert len(set(picked.values())) == len(names)
    assert all(ports.is_free(port) and ports.is_free(port + 10000) for port in picked.values())
    # SeaweedFS adds 10000; Linux's ephemeral ports begin at 32768.
    assert all(port + 10000 < 32768 for port in picked.values())


@pytest.mark.slow
@given(NAMES)
def test_a_port_that_is_still_free_is_kept(names: list[str]) -> None:
    first = ports.pick(names, {})
    assert ports.pick(names, first) == first


def test_a_port_that_is_in_use_is_replaced() -> None:
    before = ports.pick(["postgres"], {})
    with socket.create_server(("127.0.0.1", before["postgres"])):
        assert not ports.is_free(before["postgres"])
        assert ports.pick(["postgres"], before) != before


def test_the_process_that_holds_a_port_is_found() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert "python" in str(ports.holder(server.getsockname()[1]))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a socket of another user")
def test_a_port_beside_a_socket_of_another_user_is_left_out() -> None:
    port = ports.pick(["weed.s3"], {})["weed.s3"]
    left = ports.SOCKETS / f"seaweedfs-s3-grpc-{port + 10000}.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(left))
    try:
        assert ports.pick(["weed.s3"], {"weed.s3": port}) == {"weed.s3": port}, "one's own is removed by SeaweedFS"
        os.chown(left, 1, 1)
        assert ports.pick(["weed.s3"], {"weed.s3": port})["weed.s3"] != port
    finally:
        left.unlink()
