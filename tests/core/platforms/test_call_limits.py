"""Limits of calls per account and kind, and shares of those of all accounts."""

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest

from content_pipeline.core.errors import TooManyRequests
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.infrastructure.rate_limits import Rate
from content_pipeline.core.platforms.call_limits import take_call, take_share
from tests.factories import make_account

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
    quota, account, share = str(uuid4()), str(uuid4()), Rate(2, 24 * 3600)
    take_share(quota, account, share)
    take_share(quota, account, share)
    with pytest.raises(TooManyRequests) as refused:
        take_share(quota, account, share)
    assert refused.value.code == "insights_share"
    assert refused.value.retry_after is not None
    assert 0 < refused.value.retry_after <= 12 * 3600


@pytest.mark.parametrize("take", [take_call, take_share])
def test_one_account_does_not_use_up_what_all_accounts_of_a_platform_share(
    workspace_id: UUID, take: Callable[..., None]
) -> None:
    quota, platform, rate = str(uuid4()), str(uuid4()), Rate(12, 24 * 3600)
    with transaction() as session:
        greedy, *others = [make_account(session, workspace_id, platform).user_id for _ in range(3)]

    def count_calls(account: str) -> int:
        for number in range(rate.quota + 1):
            try:
                take(quota, account, rate, shared_on=platform)
            except TooManyRequests:
                return number
        raise AssertionError("It was not limited.")

    assert [count_calls(account) for account in (greedy, *others, greedy)] == [8, 2, 2, 0]


def test_an_account_alone_has_all_of_what_accounts_share(workspace_id: UUID) -> None:
    quota, platform, rate = str(uuid4()), str(uuid4()), Rate(12, 24 * 3600)
    with transaction() as session:
        account = make_account(session, workspace_id, platform).user_id
    for _ in range(rate.quota):
        take_call(quota, account, rate, shared_on=platform)
    with pytest.raises(TooManyRequests):
        take_call(quota, account, rate, shared_on=platform)
