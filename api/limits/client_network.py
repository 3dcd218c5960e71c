"""Rate-limit key of a client address: IPv6 by its /64 network."""

from ipaddress import IPv4Address, IPv6Network, ip_address
from typing import Final

# The least that a provider gives to one customer, who may send from each of its addresses.
_PREFIX_LENGTH: Final = 64


def network_of(host: str) -> str:
    """The address itself, or of IPv6 its network of 64 bits; what is no address, such as a socket's name, as it is."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv4Address):
        return host
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(IPv6Network((int(address), _PREFIX_LENGTH), strict=False))
