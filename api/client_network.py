"""The network that limits per address are counted by: one client's addresses of IPv6 are as many as it likes."""

from ipaddress import IPv4Address, IPv6Network, ip_address
from typing import Final

# What a provider gives to one customer at least.
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
