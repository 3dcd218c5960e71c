import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from content_pipeline.core import rate_limits
from content_pipeline.core.database import transaction
from content_pipeline.core.rate_limits import Rate

pytestmark = pytest.mark.usefixtures("database")

HOUR = 3600.0


def let_pass(bucket: str, seconds: float) -> None:
    """As if the bucket had been left alone for a while: the clock is the database's, and nobody moves that."""
    with transaction() as session:
        session.execute(
            text("update rate_limits set empty_at = empty_at - make_interval(secs => :seconds) where bucket = :bucket"),
            {"bucket": bucket, "seconds": seconds},
        )


@given(quota=st.integers(1, 40))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_exactly_the_quota_passes_at_once(quota: int) -> None:
    bucket = str(uuid4())
    standings = [rate_limits.take(bucket, Rate(quota, HOUR)) for _ in range(quota + 2)]
    assert [standing.allowed for standing in standings] == [True] * quota + [False, False]
    assert [standing.remaining for standing in standings] == [*reversed(range(quota)), 0, 0]


def test_callers_at_the_same_time_share_one_quota() -> None:
    bucket = str(uuid4())
    with ThreadPoolExecutor(8) as pool:
        standings = list(pool.map(lambda _: rate_limits.take(bucket, Rate(10, HOUR)), range(40)))
    assert sum(standing.allowed for standing in standings) == 10


ELSEWHERE = """
import sys
from content_pipeline.core import rate_limits
print(rate_limits.take(sys.argv[1], rate_limits.Rate(3, 3600)).remaining)
"""


def test_another_process_shares_the_quota() -> None:
    bucket, rate = str(uuid4()), Rate(3, HOUR)
    assert rate_limits.take(bucket, rate).remaining == 2
    other = subprocess.run([sys.executable, "-c", ELSEWHERE, bucket], check=True, capture_output=True, text=True)
    assert other.stdout.strip() == "1"
    assert rate_limits.take(bucket, rate).remaining == 0


def test_time_brings_requests_back_one_by_one() -> None:
    bucket = str(uuid4())
    for _ in range(4):
        rate_limits.take(bucket, Rate(4, HOUR))
    let_pass(bucket, HOUR / 4)
    assert [rate_limits.take(bucket, Rate(4, HOUR)).allowed for _ in range(2)] == [True, False]


def test_a_refused_request_says_when_the_next_one_passes() -> None:
    bucket = str(uuid4())
    for _ in range(4):
        rate_limits.take(bucket, Rate(4, HOUR))
    refused = rate_limits.take(bucket, Rate(4, HOUR))
    assert not refused.allowed
    let_pass(bucket, refused.retry_after)
    assert rate_limits.take(bucket, Rate(4, HOUR)).allowed


def test_a_long_rest_brings_the_quota_back_and_no_more() -> None:
    bucket = str(uuid4())
    rate_limits.take(bucket, Rate(3, HOUR))
    let_pass(bucket, 10 * HOUR)
    assert [rate_limits.take(bucket, Rate(3, HOUR)).allowed for _ in range(4)] == [True, True, True, False]


def test_a_sweep_forgets_empty_buckets_only() -> None:
    old, fresh = str(uuid4()), str(uuid4())
    for bucket in (old, fresh):
        rate_limits.take(bucket, Rate(2, HOUR))
    let_pass(old, 2 * HOUR)
    rate_limits.sweep()
    with transaction() as session:
        kept = session.execute(
            text("select bucket from rate_limits where bucket in (:old, :fresh)"), {"old": old, "fresh": fresh}
        )
        assert kept.scalars().all() == [fresh]


def test_what_was_let_in_elsewhere_is_settled_with_what_is_known_here() -> None:
    bucket, other, rate = str(uuid4()), str(uuid4()), Rate(4, HOUR)
    rate_limits.take(bucket, rate)
    filled = rate_limits.charge({bucket: 2 * rate.cost, other: rate.cost})
    assert filled == {bucket: pytest.approx(3 * rate.cost, abs=60), other: pytest.approx(rate.cost, abs=60)}
    assert [rate_limits.take(bucket, rate).allowed for _ in range(2)] == [True, False]


def test_a_bucket_can_be_settled_over_its_quota_and_refuses_until_it_has_drained() -> None:
    bucket, rate = str(uuid4()), Rate(2, HOUR)
    rate_limits.charge({bucket: 3 * rate.cost})
    refused = rate_limits.take(bucket, rate)
    assert not refused.allowed
    let_pass(bucket, refused.retry_after)
    assert rate_limits.take(bucket, rate).allowed
