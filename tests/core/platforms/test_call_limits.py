"""Limits of calls per account and kind."""

from uuid import uuid4

import pytest

from content_pipeline.core.errors import TooManyRequests
from content_pipeline.core.infrastructure.rate_limits import Rate
from content_pipeline.core.platforms.call_limits import take_call, take_share

pytestmark = pytest.mark.usefixtures("database")


def test_a_call_over_the_platforms_limit_is_not_made_and_told_when_to_be() -> None:
    account, rate = str(uuid4()), Rate(2, 60)
    take_call("tiktok:video/init", account, rate)
    take_call("tiktok:video/init", account, rate)
    with pytest.raises(TooManyRequests) as refused:
        take_call("tiktok:video/init", account, rate)
    assert refused.value.code == "platform_pace"
    assert refused.value.retry_after is not None
    assert 0 < refused.value.retry_after <= 60


def test_accounts_and_kinds_of_calls_do_not_share_a_limit() -> None:
    account, rate = str(uuid4()), Rate(1, 60)
    take_call("tiktok:video/init", account, rate)
    take_call("tiktok:status/fetch", account, rate)
    take_call("tiktok:video/init", str(uuid4()), rate)


def test_figures_leave_the_rest_of_a_shared_quota_to_publishing() -> None:
    quota, share = str(uuid4()), Rate(2, 24 * 3600)
    take_share(quota, share)
    take_share(quota, share)
    with pytest.raises(TooManyRequests) as refused:
        take_share(quota, share)
    assert refused.value.code == "insights_share"
    assert refused.value.retry_after is not None
    assert 0 < refused.value.retry_after <= 12 * 3600
