"""Usage headers of Instagram's Graph API."""

import httpx
import pytest

from content_pipeline.core.platforms.instagram.graph import cooldown_seconds

APP, ACCOUNTS = "x-app-usage", "x-business-use-case-usage"


@pytest.mark.parametrize(
    ("header", "text", "seconds"),
    [
        (APP, '{"call_count": 90, "total_time": 3}', 0),
        (APP, '{"call_count": 91}', 60),
        (APP, '{"total_cputime": 95, "estimated_time_to_regain_access": 5}', 300),
        (APP, '{"call_count": 99, "estimated_time_to_regain_access": 1e300}', 86_400),
        (ACCOUNTS, '{"1": [{"call_count": 1}], "2": [{"total_time": 99, "estimated_time_to_regain_access": 2}]}', 120),
        (ACCOUNTS, '{"1": [{"type": "instagram", "call_count": 95}]}', 60),
    ],
)
def test_a_limit_that_is_nearly_reached_asks_for_rest(header: str, text: str, seconds: float) -> None:
    assert cooldown_seconds(httpx.Response(200, headers={header: text})) == seconds


@pytest.mark.parametrize("header", [APP, ACCOUNTS])
@pytest.mark.parametrize(
    "text", ["", "[", "[]", "1", "null", '{"call_count": "many"}', '{"call_count": NaN}', "[" * 20_000]
)
def test_a_header_of_another_form_says_nothing(header: str, text: str) -> None:
    assert cooldown_seconds(httpx.Response(200, headers={header: text})) == 0
