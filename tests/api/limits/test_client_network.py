"""By which network limits per address are counted."""

from ipaddress import IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.limits.client_network import network_of


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("::1", "::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_an_address_counts_as(host: str, network: str) -> None:
    assert network_of(host) == network


@given(st.integers(1, 2**64 - 1), st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_all_addresses_of_one_customer_count_as_one(customer: int, one: int, other: int) -> None:
    hosts = [str(IPv6Address((customer << 64) + end)) for end in (one, other)]
    assert network_of(hosts[0]) == network_of(hosts[1])


@given(st.integers(1, 2**64 - 1), st.integers(1, 2**64 - 1))
def test_two_customers_count_as_two(one: int, other: int) -> None:
    networks = {network_of(str(IPv6Address(customer << 64))) for customer in (one, other)}
    assert len(networks) == len({one, other})
