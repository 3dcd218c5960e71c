"""SSRF-safe fetch against hostile addresses, and against misbehaving local servers."""

import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, nullcontext
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_pipeline.core.errors import Error, Invalid, TooLarge, UpstreamError
from content_pipeline.core.infrastructure import disk_space
from content_pipeline.core.infrastructure.net import safe_fetch
from content_pipeline.core.settings import settings
from tests.raw_servers import Talk, drips, says, talking

# ── addresses ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/a.mp4",
        "http://localhost/a.mp4",
        "http://LOCALHOST:8080/",
        "http://0.0.0.0/",
        "http://0/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0177.0.0.1/",
        "http://10.0.0.1/",
        "http://172.16.5.4/",
        "http://192.168.1.1/",
        "http://100.64.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://192.0.0.192/",
        "http://192.88.99.1/",
        "http://168.63.129.16/metadata/",
        "http://[::ffff:168.63.129.16]/",
        "http://198.18.0.1/",
        "http://224.0.0.1/",
        "http://255.255.255.255/",
        "http://[::]/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:a9fe:a9fe]/",
        "http://[::127.0.0.1]/",
        "http://[64:ff9b::127.0.0.1]/",
        "http://[64:ff9b:1::1]/",
        "http://[2002:7f00:1::]/",
        "http://[fc00::1]/",
        "http://[fd00:ec2::254]/",
        "http://[fe80::1]/",
        "http://[fec0::1]/",
        "http://[ff02::1]/",
        "http://①②⑦.⓪.⓪.①/",
        "http://user@8.8.8.8/",
        "http://8.8.8.8:secret@127.0.0.1/",
        "https://user:secret@8.8.8.8/",
        "file:///etc/passwd",
        "ftp://8.8.8.8/a.mp4",
        "gopher://127.0.0.1:6379/_FLUSHALL",
        "http:///a.mp4",
        "//8.8.8.8/a.mp4",
        "8.8.8.8/a.mp4",
        "",
        "http://",
        "http://a..b/",
        f"http://{'a' * 64}.example/",
        "http://xn--a/",
        "http://ex ample.com/",
        "http://8.8.8.8:99999/",
        "http://8.8.8.8/\n",
        "http://[::1",
    ],
)
def test_a_url_that_leads_elsewhere_than_the_public_internet_is_forbidden(url: str, tmp_path: Path) -> None:
    with pytest.raises(Invalid) as caught:
        safe_fetch.check_url(url)
    assert caught.value.code == "url_forbidden"
    with pytest.raises(Invalid) as caught:
        safe_fetch.fetch(url, tmp_path / "file", max_bytes=10, seconds=1)
    assert caught.value.code == "url_forbidden"
    assert not (tmp_path / "file").exists()
    with pytest.raises(Invalid) as caught:
        safe_fetch.post(url, b"{}", {}, seconds=1)
    assert caught.value.code == "url_forbidden"


@pytest.mark.parametrize(
    "url",
    ["http://8.8.8.8/a.mp4", "https://1.1.1.1:8443/a?b=c#d", "http://[2606:4700::1111]/", "http://[64:ff9b::8.8.8.8]/"],
)
def test_a_public_address_is_allowed_on_any_port(url: str) -> None:
    safe_fetch.check_url(url)


def test_a_name_that_does_not_resolve_is_left_to_the_fetch(tmp_path: Path) -> None:
    safe_fetch.check_url("http://nowhere.invalid/a.mp4")
    with pytest.raises(UpstreamError) as caught:
        safe_fetch.fetch("http://nowhere.invalid/a.mp4", tmp_path / "file", max_bytes=10, seconds=5)
    assert (caught.value.code, caught.value.retryable) == ("host_unknown", False)


def test_a_name_server_that_does_not_answer_is_asked_again_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look_up(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with pytest.raises(UpstreamError) as caught:
        safe_fetch.fetch("http://example.com/a.mp4", tmp_path / "file", max_bytes=10, seconds=5)
    assert (caught.value.code, caught.value.retryable) == ("remote_failed", True)


def test_a_name_that_takes_long_to_resolve_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answered.wait() and [])
    monkeypatch.setattr(safe_fetch, "DNS_TIMEOUT_SECONDS", 0.05)
    try:
        safe_fetch.check_url("http://slow.example/a.mp4")
    finally:
        answered.set()


def test_a_fetch_does_not_wait_longer_for_a_name_than_for_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answered.wait(10) and [])
    try:
        with pytest.raises(UpstreamError) as raised:
            safe_fetch.fetch("http://slow.example/", tmp_path / "file", max_bytes=1, seconds=0.05)
    finally:
        answered.set()
    assert raised.value.code == "remote_timeout"


@given(st.ip_addresses(v=4))
def test_an_address_wrapped_in_ipv6_is_judged_like_itself(address: IPv4Address) -> None:
    for prefix in (0xFFFF << 32, 0x0064_FF9B << 96):
        assert safe_fetch.is_public(str(IPv6Address(prefix | int(address)))) == safe_fetch.is_public(str(address))


@given(st.ip_addresses(v=4, network="10.0.0.0/8") | st.ip_addresses(v=6, network="fc00::/7"))
def test_no_private_address_is_public(address: IPv4Address | IPv6Address) -> None:
    assert not safe_fetch.is_public(str(address))


def test_a_name_with_one_private_address_among_its_public_ones_is_forbidden(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 80)) for ip in ("8.8.8.8", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answers)
    with pytest.raises(Invalid):
        safe_fetch.check_url("http://mixed.example/")


@pytest.mark.parametrize(
    ("embedded", "platforms", "allowed"),
    [
        (True, "sandbox", {"bucket", "sandbox"}),
        (True, "live", {"bucket"}),
        (False, "sandbox", set()),
    ],
)
def test_only_parts_that_are_embedded_may_be_private(
    monkeypatch: pytest.MonkeyPatch, embedded: bool, platforms: str, allowed: set[str]
) -> None:
    parts = {"bucket": "http://127.0.0.1:8333", "sandbox": "http://127.0.0.1:9000"}
    told = {
        "embedded": embedded,
        "platforms": platforms,
        "s3_endpoint": parts["bucket"],
        "sandbox_url": parts["sandbox"],
    }
    for name, value in told.items():
        monkeypatch.setattr(settings(), name, value)
    for name, url in {**parts, "neighbor": "http://127.0.0.1:8334"}.items():
        with nullcontext() if name in allowed else pytest.raises(Invalid):
            safe_fetch.check_url(f"{url}/reel.mp4")


# ── servers ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """Starts a server with the given handler, on an address that is allowed by default."""
    servers, allowed = ExitStack(), list[str]()
    monkeypatch.setattr(settings(), "allowed_private_hosts", allowed)

    def start(talk: Talk, *, allow: bool = True) -> str:
        address = servers.enter_context(talking(talk))
        if allow:
            allowed.append(address)
        return f"http://{address}/clip.mp4"

    with servers:
        yield start


def fetch(url: str, target: Path, *, max_bytes: int = 1000, seconds: float = 20) -> str | None:
    return safe_fetch.fetch(url, target, max_bytes=max_bytes, seconds=seconds)


def failure(url: str, target: Path, **limits: float) -> Error:
    with pytest.raises(Error) as caught:
        fetch(url, target, **limits)
    return caught.value


def test_a_file_is_copied_and_its_type_returned(serve, tmp_path: Path) -> None:
    url = serve(says("HTTP/1.1 200 OK\nContent-Type: video/mp4\nContent-Length: 5", b"movie"))
    assert fetch(url, tmp_path / "file") == "video/mp4"
    assert (tmp_path / "file").read_bytes() == b"movie"


def test_the_server_hears_its_name_and_the_whole_path(serve, tmp_path: Path) -> None:
    def echo(connection: socket.socket, heard: bytes) -> None:
        says(f"HTTP/1.1 200 OK\nContent-Length: {len(heard)}", heard)(connection, heard)

    url = serve(echo).replace("127.0.0.1", "localhost")
    settings().allowed_private_hosts.append("localhost")
    fetch(url.replace("clip.mp4", "a%20b?c=d%26e#f"), tmp_path / "file")
    heard = (tmp_path / "file").read_bytes()
    assert heard.startswith(b"GET /a%20b?c=d%26e HTTP/1.1\r\n")
    assert f"Host: {url.split('/')[2]}".encode() in heard


def test_a_name_is_resolved_once(serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = serve(says("HTTP/1.1 200 OK\nContent-Length: 0")).replace("127.0.0.1", "localhost")
    settings().allowed_private_hosts.append("localhost")
    asked = []
    resolve = socket.getaddrinfo

    def counted(host, *rest, **options):
        asked.append(host)
        return resolve("127.0.0.1" if host == "localhost" else host, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", counted)
    fetch(url, tmp_path / "file")
    assert asked.count("localhost") == 1


@pytest.mark.parametrize(
    ("status", "code", "retryable"),
    [
        (404, "remote_not_found", False),
        (410, "remote_not_found", False),
        (401, "remote_forbidden", False),
        (403, "remote_forbidden", False),
        (204, "remote_failed", False),
        (408, "remote_failed", True),
        (429, "remote_failed", True),
        (500, "remote_failed", True),
        (503, "remote_failed", True),
    ],
)
def test_a_refusal_is_named_and_says_whether_to_try_again(serve, tmp_path, status, code, retryable) -> None:
    error = failure(serve(says(f"HTTP/1.1 {status} Said\nContent-Length: 0")), tmp_path / "file")
    assert (error.code, error.retryable) == (code, retryable)


def test_an_announced_size_over_the_limit_is_not_read(serve, tmp_path: Path) -> None:
    error = failure(serve(says("HTTP/1.1 200 OK\nContent-Length: 1001")), tmp_path / "file")
    assert isinstance(error, TooLarge)
    assert not (tmp_path / "file").exists()


@pytest.mark.parametrize("head", ["HTTP/1.1 200 OK\nTransfer-Encoding: chunked", "HTTP/1.1 200 OK\nConnection: close"])
def test_a_body_of_unknown_size_is_cut_at_the_limit(serve, tmp_path: Path, head: str) -> None:
    body = b"400\r\n" + b"x" * 1024 + b"\r\n0\r\n\r\n" if "chunked" in head else b"x" * 1024
    assert isinstance(failure(serve(says(head, body)), tmp_path / "file"), TooLarge)


def test_a_file_of_unknown_size_is_taken_while_the_disk_has_room(
    serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not only where it has room for the largest that is allowed."""
    monkeypatch.setattr(safe_fetch, "UNANNOUNCED_BYTES", 1000)
    rooms = iter([1000, 1000, 999])
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=disk_space.LEFT_BYTES + next(rooms)))
    url = serve(says("HTTP/1.1 200 OK\nConnection: close", b"x" * 1500))
    fetch(url, tmp_path / "file", max_bytes=10**12)
    url = serve(says("HTTP/1.1 200 OK\nConnection: close", b"x" * 1500))
    assert failure(url, tmp_path / "other", max_bytes=10**12).code == "disk_full"


@pytest.mark.slow
@pytest.mark.parametrize(
    "talk",
    [
        drips("HTTP/1.1 200 OK\nContent-Length: 100000\n\n"),
        drips("HTTP/1.1 200 OK\nX-Slow: "),
        lambda connection, _: connection.recv(1),
    ],
    ids=["body", "headers", "silence"],
)
def test_a_server_that_holds_on_is_left_at_the_deadline(serve, tmp_path: Path, talk: Talk) -> None:
    error = failure(serve(talk), tmp_path / "file", max_bytes=1_000_000, seconds=0.3)
    assert (error.code, error.retryable) == ("remote_timeout", True)


@pytest.mark.parametrize(
    "talk",
    [
        lambda *_: None,
        says("HTTP/1.1 200 OK\nContent-Length: 100", b"half"),
        says("SSH-2.0-OpenSSH_9.9"),
        says("HTTP/1.1 200 OK\nContent-Length: many"),
        says("HTTP/1.1 200 OK\nTransfer-Encoding: chunked", b"zzz\r\n"),
    ],
    ids=["nothing", "half", "other protocol", "bad length", "bad chunk"],
)
def test_a_server_that_breaks_off_or_talks_nonsense_can_be_tried_again(serve, tmp_path: Path, talk: Talk) -> None:
    error = failure(serve(talk), tmp_path / "file")
    assert (error.code, error.retryable) == ("remote_failed", True)


def test_redirects_are_followed_also_relative_ones(serve, tmp_path: Path) -> None:
    end = serve(says("HTTP/1.1 200 OK\nContent-Length: 3", b"end"))
    step = serve(says(f"HTTP/1.1 302 Found\nContent-Length: 0\nLocation: {end}"))
    assert fetch(step, tmp_path / "file") is None
    assert (tmp_path / "file").read_bytes() == b"end"


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1:1/",
        "http://169.254.169.254/",
        "file:///etc/passwd",
        "//10.0.0.1/x",
        "http://[::1/",
        "http://xn--a/",
        "http://ex ample.com/",
    ],
)
def test_a_redirect_to_a_forbidden_place_is_not_followed(serve, tmp_path: Path, target: str) -> None:
    error = failure(serve(says(f"HTTP/1.1 302 Found\nContent-Length: 0\nLocation: {target}")), tmp_path / "file")
    assert error.code == "url_forbidden"


def test_a_server_beside_the_allowed_one_is_forbidden(serve, tmp_path: Path) -> None:
    serve(says("HTTP/1.1 200 OK\nContent-Length: 0"))
    secret = serve(says("HTTP/1.1 200 OK\nContent-Length: 6", b"secret"), allow=False)
    assert failure(secret, tmp_path / "file").code == "url_forbidden"


def test_redirects_without_end_are_left(serve, tmp_path: Path) -> None:
    error = failure(serve(says("HTTP/1.1 302 Found\nContent-Length: 0\nLocation: ?again")), tmp_path / "file")
    assert (error.code, error.retryable) == ("remote_failed", False)


# ── POST ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_post_brings_its_content_and_headers_and_returns_status_and_headers(serve) -> None:
    asked: list[bytes] = []

    def talk(connection: socket.socket, request: bytes) -> None:
        asked.append(request)
        says("HTTP/1.1 429 Slow Down\nRetry-After: 7\nContent-Length: 0")(connection, request)

    answer = safe_fetch.post(serve(talk), b'{"a": 1}', {"webhook-id": "one"}, seconds=5)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")
    head, _, content = asked[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST ")
    assert b"webhook-id: one" in head
    assert b"Content-Length: 8" in head
    assert content in (b"", b'{"a": 1}'), "it may come in a packet of its own"


def test_a_post_follows_no_redirect(serve) -> None:
    elsewhere: list[bytes] = []
    end = serve(lambda _, request: elsewhere.append(request))
    step = serve(says(f"HTTP/1.1 307 Elsewhere\nContent-Length: 0\nLocation: {end}"))
    assert safe_fetch.post(step, b"{}", {}, seconds=5).status_code == 307
    assert elsewhere == []


@pytest.mark.slow
def test_a_post_ends_at_its_deadline(serve) -> None:
    with pytest.raises(UpstreamError) as caught:
        safe_fetch.post(serve(drips("HTTP/1.1 200 OK\nX-Slow: ")), b"{}", {}, seconds=0.3)
    assert (caught.value.code, caught.value.retryable) == ("remote_timeout", True)


def test_the_endless_body_of_an_answer_to_a_post_is_not_read(serve) -> None:
    talk = drips("HTTP/1.1 200 OK\nContent-Length: 100000\n\n")
    assert safe_fetch.post(serve(talk), b"{}", {}, seconds=5).status_code == 200
