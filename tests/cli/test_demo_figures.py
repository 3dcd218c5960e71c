"""The past that the demo gives its accounts."""

from collections import Counter

import pytest

from content_pipeline.cli import demo_figures
from content_pipeline.core.platforms.registry import PLATFORMS
from tests.sandbox_server import Sandbox

pytestmark = pytest.mark.slow  # the sandbox renders a clip for each account


def test_an_account_gets_a_past_on_each_platform_once(platforms: Sandbox) -> None:
    for _ in range(2):
        demo_figures.make_past(platforms.url, "mara.bakes")
    posts = Counter(post["platform"] for post in platforms.posts())
    assert posts == dict.fromkeys(PLATFORMS, demo_figures.PAST["posts"])
