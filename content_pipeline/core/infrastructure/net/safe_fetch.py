"""SSRF-safe HTTP: downloads with a size limit, and POST requests; public addresses only, one deadline for the whole.

Names are resolved once and the connection goes to the checked address, which defeats DNS rebinding. Redirects of
downloads are checked in the same way; a POST follows none. The deadline is checked at every socket read, so that
slow-drip servers (headers, TLS handshake or body) cannot exceed it.
"""

import socket
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from pathlib import Path
from ssl import SSLContext
from typing import Any, Final

import httpcore
import httpx

from content_pipeline.core.errors import Invalid, TooLarge, UpstreamError
from content_pipeline.core.infrastructure import disk_space
from content_pipeline.core.infrastructure.net.name_lookups import NameLookups
from content_pipeline.core.settings import settings

_MAX_REDIRECTS: Final = 3
_REDIRECT_STATUSES: Final = frozenset({301, 302, 303, 307, 308})
_RETRYABLE_STATUSES: Final = frozenset({408, 429})
# Read timeout of a single socket operation; the remaining deadline shortens it.
_IDLE_TIMEOUT_SECONDS: Final = 30.0
# A lookup of 16 s outlived the open transaction of its request.
DNS_TIMEOUT_SECONDS: Final = 2.0
# The two are separate, so that names which are only checked keep no connection waiting. The six routes of a workspace
# that wait at once can abandon 90 look-ups in the 30 s that a name server may not answer.
_CHECKED_NAMES: Final = NameLookups(most=256)
_CALLED_NAMES: Final = NameLookups(most=256)
# The disk has to have room for this much more of a file of unknown size, again and again.
UNANNOUNCED_BYTES: Final = 64_000_000
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_NAT64: Final = IPv6Network("64:ff9b::/96")
# Python reports these as global, the first before 3.11.9 only.
_NOT_PUBLIC: Final = (
    IPv4Network("192.0.0.0/24"),  # IETF protocol assignments; a cloud's metadata service is at 192.0.0.192
    IPv4Network("192.88.99.0/24"),  # 6to4 relays, which may lead anywhere
    IPv4Network("168.63.129.16/32"),  # Azure's metadata and DNS, inside every virtual network
)


def check_url(url: str) -> None:
    """Raises Invalid `url_forbidden` for a URL that `fetch` would refuse, as far as `refusals` can tell."""
    if refusal := refusals([url]).get(url):
        raise refusal


def refusals(urls: Collection[str]) -> dict[str, Invalid]:
    """Those of the URLs that `fetch` would refuse, each with its error `url_forbidden`.

    Each host is looked up once, all of them side by side within one DNS timeout. A name that does not resolve, or not
    in time, passes; the fetch resolves it again.
    """
    refused: dict[str, Invalid] = {}
    named: dict[str, list[tuple[str, int]]] = {}
    for url in urls:
        try:
            parsed = _parse(url)
        except Invalid as error:
            refused[url] = error
        else:
            named.setdefault(parsed.host, []).append((url, _port(parsed)))
    for host, lookup in _CHECKED_NAMES.look_up_all(named, seconds=DNS_TIMEOUT_SECONDS):
        for url, port in named[host]:
            try:
                _public_addresses(host, port, lookup.result)
            except Invalid as error:
                refused[url] = error
            except OSError:
                continue
    return refused


def fetch(url: str, target: Path, *, max_bytes: int, seconds: float) -> str | None:
    """Download `url` to `target` within `seconds`; returns the response's content type.

    Raises Invalid `url_forbidden`; TooLarge over `max_bytes`; Unavailable `disk_full`; UpstreamError with the code
    `host_unknown`, `remote_not_found`, `remote_forbidden`, `remote_timeout` or `remote_failed`, retryable where trying
    again may help.
    """
    deadline = time.monotonic() + seconds
    parsed = _parse(url)
    with httpcore.ConnectionPool(network_backend=_AddressBackend(deadline)) as pool, _map_errors(parsed.host):
        for _ in range(_MAX_REDIRECTS + 1):
            with pool.stream("GET", str(parsed), headers=_headers(parsed)) as response:
                if response.status not in _REDIRECT_STATUSES:
                    _check_status(response.status, parsed.host)
                    _save(response, target, max_bytes)
                    return _header(response, b"content-type")
                parsed = _parse(_header(response, b"location") or "", base=parsed)
    raise UpstreamError(
        f"{parsed.host} redirects more than {_MAX_REDIRECTS} times.", remedy="Give the address of the file."
    )


def post(
    url: str, content: bytes, headers: Mapping[str, str], *, seconds: float, public_only: bool = True
) -> httpx.Response:
    """Send `content` to `url` within `seconds`. Returns the status and headers of the response, whatever they are.

    The body of the response is not read, and a redirect is not followed. Without `public_only`, for addresses of the
    operator's, the host may be private. Raises Invalid `url_forbidden`; UpstreamError `host_unknown`, and
    `remote_timeout` or `remote_failed`, both retryable.
    """
    deadline = time.monotonic() + seconds
    parsed = _parse(url)
    with (
        httpcore.ConnectionPool(network_backend=_AddressBackend(deadline, public_only=public_only)) as pool,
        _map_errors(parsed.host),
        pool.stream("POST", str(parsed), headers=[*_headers(parsed), *headers.items()], content=content) as response,
    ):
        return httpx.Response(response.status, headers=response.headers)


def _save(response: httpcore.Response, target: Path, max_bytes: int) -> None:
    too_large = TooLarge(
        f"The remote file has more than {max_bytes:,} bytes.", remedy="Send a shorter or more compressed recording."
    )
    announced = int(_header(response, b"content-length") or 0)
    if announced > max_bytes:
        raise too_large
    disk_space.check(target.parent, announced or UNANNOUNCED_BYTES)
    received = 0
    with target.open("wb") as file:
        for chunk in response.iter_stream():
            if not announced and (received + len(chunk)) // UNANNOUNCED_BYTES > received // UNANNOUNCED_BYTES:
                disk_space.check(target.parent, UNANNOUNCED_BYTES)
            received += len(chunk)
            if received > max_bytes:
                raise too_large
            file.write(chunk)


def _check_status(status: int, host: str) -> None:
    if status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
        raise UpstreamError(f"{host} has no such file.", code="remote_not_found", remedy="Check the address.")
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        raise UpstreamError(
            f"{host} did not give the file out ({status}).",
            code="remote_forbidden",
            remedy="Check that the address opens without signing in, and has not expired.",
        )
    if status != HTTPStatus.OK:
        raise UpstreamError(
            f"{host} answered {status} instead of the file.",
            remedy="Check that the address opens without signing in.",
            retryable=status in _RETRYABLE_STATUSES or status >= HTTPStatus.INTERNAL_SERVER_ERROR,
        )


@contextmanager
def _map_errors(host: str) -> Iterator[None]:
    try:
        yield
    except httpcore.TimeoutException as error:
        raise UpstreamError(
            f"{host} took too long.", code="remote_timeout", remedy="Try again.", retryable=True
        ) from error
    except (httpcore.NetworkError, httpcore.ProtocolError) as error:
        raise UpstreamError(
            f"{host} could not be reached, or broke off.", remedy="Check the address.", retryable=True
        ) from error


# ── address checks ───────────────────────────────────────────────────────────────────────────────────────


def _parse(url: str, base: httpx.URL | None = None) -> httpx.URL:
    """Parse a URL, relative to `base` if given. Raises Invalid `url_forbidden`."""
    try:
        parsed = base.join(url) if base else httpx.URL(url)
        host = parsed.host  # decodes an IDNA name
    except (httpx.InvalidURL, UnicodeError) as error:
        raise _forbidden("This is not a URL.") from error
    if parsed.scheme not in _DEFAULT_PORTS or not host or not 0 < _port(parsed) < 65536:
        raise _forbidden("Only http and https URLs of a host can be fetched.")
    if "%" in host:  # as a space is encoded
        raise _forbidden("This is not the name of a host.")
    if parsed.userinfo:
        raise _forbidden("A URL with a user name or password in it is not fetched.")
    return parsed


def _port(url: httpx.URL) -> int:
    return url.port or _DEFAULT_PORTS[url.scheme]


def _addresses(look_up: Callable[[], Sequence[str]]) -> Sequence[str]:
    """What `look_up` finds for a host. Raises Invalid where its name cannot be one, OSError when there are none."""
    try:
        return look_up()
    except UnicodeError as error:  # a DNS label that is empty or too long
        raise _forbidden("This is not the name of a host.") from error


def _public_addresses(host: str, port: int, look_up: Callable[[], Sequence[str]]) -> Sequence[str]:
    """Those of `_addresses`. Raises Invalid when one of them is not public."""
    addresses = _addresses(look_up)
    if not _may_be_private(host, port) and not all(map(is_public, addresses)):
        raise _forbidden(f"{host} is not on the public internet.")
    return addresses


def may_be_private(url: str) -> bool:
    """Whether a setting allows the host of a URL to have a private address. Raises Invalid `url_forbidden`."""
    parsed = _parse(url)
    return _may_be_private(parsed.host, _port(parsed))


def _may_be_private(host: str, port: int) -> bool:
    allowed = {*settings().allowed_private_hosts, *settings().own_hosts}
    return host in allowed or f"{host}:{port}" in allowed


def is_public(address: str) -> bool:
    """Whether an IP address is public, including an IPv4 address embedded in an IPv6 one."""
    parsed = ip_address(address)
    if isinstance(parsed, IPv6Address) and (embedded := _embedded_ipv4(parsed)):
        parsed = embedded
    if isinstance(parsed, IPv6Address) and parsed.is_site_local:
        return False
    return (
        parsed.is_global
        and not parsed.is_multicast
        and not parsed.is_reserved
        and not any(parsed in network for network in _NOT_PUBLIC)
    )


def _embedded_ipv4(address: IPv6Address) -> IPv4Address | None:
    """The embedded IPv4 address: mapped, 6to4 or NAT64."""
    nat64 = IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None
    return address.ipv4_mapped or address.sixtofour or nat64


def _forbidden(detail: str) -> Invalid:
    return Invalid(detail, code="url_forbidden", remedy="Give a public http(s) address.")


# ── transport ────────────────────────────────────────────────────────────────────────────────────────────


class _AddressBackend(httpcore.NetworkBackend):
    """Connects to checked addresses. httpcore keeps the host name for TLS and the Host header."""

    def __init__(self, deadline: float, *, public_only: bool = True) -> None:
        self._deadline = deadline
        self._public_only = public_only
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        look_up = partial(_CALLED_NAMES.look_up, host, seconds=_remaining_seconds(self._deadline))
        try:
            addresses = _public_addresses(host, port, look_up) if self._public_only else _addresses(look_up)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(f"{host} does not resolve in time") from error
        except OSError as error:
            if isinstance(error, socket.gaierror) and error.errno == socket.EAI_NONAME:
                raise UpstreamError(
                    f"There is no host named {host}.", code="host_unknown", remedy="Check the address."
                ) from error
            raise httpcore.ConnectError(f"{host} does not resolve") from error
        *others, last = addresses
        for address in others:
            try:
                return self._connect(address, port)
            except httpcore.ConnectError:
                continue  # on a machine without IPv6, fall back to the IPv4 address
        return self._connect(last, port)

    def _connect(self, address: str, port: int) -> "_DeadlineStream":
        return _DeadlineStream(
            self._sockets.connect_tcp(address, port, _remaining_seconds(self._deadline)), self._deadline
        )


class _DeadlineStream(httpcore.NetworkStream):
    """A stream whose operations all share one deadline."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _remaining_seconds(self._deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _remaining_seconds(self._deadline))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> "_DeadlineStream":
        return _DeadlineStream(
            self._stream.start_tls(ssl_context, server_hostname, _remaining_seconds(self._deadline)), self._deadline
        )

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _remaining_seconds(deadline: float) -> float:
    remaining = min(deadline - time.monotonic(), _IDLE_TIMEOUT_SECONDS)
    if remaining <= 0:
        raise httpcore.ReadTimeout("the deadline has passed")
    return remaining


def _headers(url: httpx.URL) -> list[tuple[str, str]]:
    # Only the identity encoding is asked for, because compressed responses would bypass the size limit.
    return [("Host", url.netloc.decode()), ("User-Agent", "content-pipeline"), ("Accept-Encoding", "identity")]


def _header(response: httpcore.Response, name: bytes) -> str | None:
    return next((value.decode("latin-1") for key, value in response.headers if key.lower() == name), None)
