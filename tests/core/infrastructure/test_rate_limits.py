"""Token buckets in PostgreSQL."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from content_pipeline.core.infrastructure import rate_limits
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.infrastructure.rate_limits import Rate

pytestmark = pytest.mark.usefixtures("database")

HOUR = 3600.0


def advance(bucket: str, seconds: float) -> None:
    """Move the bucket back in time instead of waiting: the clock is the database's, which cannot be moved."""
    with transaction() as session:
        session.execute(
            text("update rate_limits set empty_at = empty_at - make_interval(secs => :seconds) where bucket = :bucket"),
            {"bucket": bucket, "seconds": seconds},
        )


@given(quota=st.integers(1, 40))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_exactly_the_quota_is_allowed_at_once(quota: int) -> None:
    bucket = str(uuid4())
    results = [rate_limits.take(bucket, Rate(quota, HOUR)) for _ in range(quota + 2)]
    assert [result.allowed for result in results] == [True] * quota + [False, False]
    assert [result.remaining for result in results] == [*reversed(range(quota)), 0, 0]


def test_concurrent_callers_share_one_quota() -> None:
    bucket = str(uuid4())
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: rate_limits.take(bucket, Rate(10, HOUR)), range(40)))
    assert sum(result.allowed for result in results) == 10


OTHER_PROCESS = """
import sys
from content_pipeline.core.infrastructure import rate_limits
print(rate_limits.take(sys.argv[1], rate_limits.Rate(3, 3600)).remaining)
"""


@pytest.mark.slow
def test_another_process_shares_the_quota() -> None:
    bucket, rate = str(uuid4()), Rate(3, HOUR)
    assert rate_limits.take(bucket, rate).remaining == 2
    other = subprocess.run([sys.executable, "-c", OTHER_PROCESS, bucket], check=True, capture_output=True, text=True)
    assert other.stdout.strip() == "1"
    assert rate_limits.take(bucket, rate).remaining == 0


def test_the_quota_is_refilled_one_request_at_a_time() -> None:
    bucket = str(uuid4())
    for _ in range(4):
        rate_limits.take(bucket, Rate(4, HOUR))
    advance(bucket, HOUR / 4)
    assert [rate_limits.take(bucket, Rate(4, HOUR)).allowed for _ in range(2)] == [True, False]


def test_a_refused_request_says_when_the_next_one_is_allowed() -> None:
    bucket = str(uuid4())
    for _ in range(4):
        rate_limits.take(bucket, Rate(4, HOUR))
    refused = rate_limits.take(bucket, Rate(4, HOUR))
    assert not refused.allowed
    advance(bucket, refused.retry_after)
    assert rate_limits.take(bucket, Rate(4, HOUR)).allowed


def test_a_long_pause_refills_the_quota_and_no_more() -> None:
    bucket = str(uuid4())
    rate_limits.take(bucket, Rate(3, HOUR))
    advance(bucket, 10 * HOUR)
    assert [rate_limits.take(bucket, Rate(3, HOUR)).allowed for _ in range(4)] == [True, True, True, False]


def test_a_sweep_deletes_only_empty_buckets() -> None:
    old, fresh = str(uuid4()), str(uuid4())
    for bucket in (old, fresh):
        rate_limits.take(bucket, Rate(2, HOUR))
    advance(old, 2 * HOUR)
    rate_limits.sweep()
    with transaction() as session:
        kept = session.execute(
            text("select bucket from rate_limits where bucket in (:old, :fresh)"), {"old": old, "fresh": fresh}
        )
        assert kept.scalars().all() == [fresh]


def test_requests_admitted_locally_are_charged_to_the_shared_bucket() -> None:
    bucket, other, rate = str(uuid4()), str(uuid4()), Rate(4, HOUR)
    rate_limits.take(bucket, rate)
    filled = rate_limits.charge({bucket: 2 * rate.cost, other: rate.cost})
    assert filled == {bucket: pytest.approx(3 * rate.cost, abs=60), other: pytest.approx(rate.cost, abs=60)}
    assert [rate_limits.take(bucket, rate).allowed for _ in range(2)] == [True, False]


def test_a_bucket_charged_over_its_quota_refuses_until_it_has_drained() -> None:
    bucket, rate = str(uuid4()), Rate(2, HOUR)
    rate_limits.charge({bucket: 3 * rate.cost})
    refused = rate_limits.take(bucket, rate)
    assert not refused.allowed
    advance(bucket, refused.retry_after)
    assert rate_limits.take(bucket, rate).allowed
