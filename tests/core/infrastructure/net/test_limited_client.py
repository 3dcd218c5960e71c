"""HTTP client with a limit to the size of answers."""

import gzip
import tracemalloc
import zlib
from collections.abc import Iterable, Iterator

import httpx
import pytest

from content_pipeline.core.infrastructure.net import limited_client
from content_pipeline.core.infrastructure.net.limited_client import MAX_BYTES

ADDRESS = "https://api.example/thing"
BOMB = gzip.compress(bytes(200_000_000), 1)


def ask(body: Iterable[bytes], encoding: str = "identity") -> httpx.Response:
    # The body is an iterator, as from a connection. httpx.Response would read and decompress bytes when it is made.
    answer = httpx.Response(200, content=iter(body), headers={"Content-Encoding": encoding})
    with limited_client.limited_client(transport=httpx.MockTransport(lambda _: answer)) as client:
        return client.get(ADDRESS)


@pytest.mark.parametrize(
    ("body", "encoding"),
    [(b"{}", "identity"), (gzip.compress(b"{}"), "gzip"), (gzip.compress(b"{}"), "GZIP")],
    ids=["identity", "gzip", "GZIP"],
)
def test_an_answer_of_usual_size_is_read(body: bytes, encoding: str) -> None:
    assert ask([body], encoding).json() == {}


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (BOMB, "gzip"),
        (gzip.compress(BOMB), "gzip, gzip"),
        (zlib.compress(bytes(1000)), "deflate"),
    ],
    ids=["gzip", "gzip twice", "deflate"],
)
def test_a_compressed_answer_that_may_become_large_is_not_decompressed(body: bytes, encoding: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(httpx.DecodingError):
            ask([body], encoding)
        assert tracemalloc.get_traced_memory()[1] < 100_000_000
    finally:
        tracemalloc.stop()


def test_an_answer_without_end_is_given_up_at_the_limit() -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        while True:
            sent += 1 << 20
            yield bytes(1 << 20)

    with pytest.raises(httpx.DecodingError):
        ask(endless())
    assert sent == MAX_BYTES + (1 << 20)


def test_compression_is_not_asked_for() -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(200, text=request.headers["Accept-Encoding"]))
    with limited_client.limited_client(transport=transport) as client:
        assert client.get(ADDRESS).text == "identity"
