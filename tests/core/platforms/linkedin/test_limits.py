"""LinkedIn's limits for videos."""

from pathlib import Path
from typing import Any

import pytest

from content_pipeline.core.platforms.linkedin.options import LinkedInOptions
from content_pipeline.core.platforms.linkedin.publisher import LinkedInPublisher
from tests.core.platforms.wire import ACCESS, make_post


@pytest.mark.parametrize(
    ("media", "codes"),
    [
        ({}, []),
        ({"bytes": 75_000, "seconds": 3.0}, []),
        ({"bytes": 500_000_000, "seconds": 1800.0}, []),
        ({"width": 2400, "height": 1000}, []),
        ({"bytes": 74_999}, ["linkedin_video_bytes"]),
        ({"bytes": 500_000_001}, ["linkedin_video_bytes"]),
        ({"seconds": 2.9}, ["linkedin_video_seconds"]),
        ({"seconds": 1800.1}, ["linkedin_video_seconds"]),
        ({"width": 2401, "height": 1000}, ["linkedin_video_shape"]),
        ({"width": 1000, "height": 2401}, ["linkedin_video_shape"]),
        ({"container": "matroska"}, ["linkedin_video_format"]),
        ({"container": "matroska", "seconds": 1.0}, ["linkedin_video_format", "linkedin_video_seconds"]),
        ({"has_video": False, "seconds": 1.0}, ["linkedin_video_missing"]),
    ],
)
def test_every_limit_that_a_video_breaks_is_named(tmp_path: Path, media: dict[str, Any], codes: list[str]) -> None:
    post = make_post(tmp_path, LinkedInOptions(), **({"bytes": 1_000_000} | media))
    for access in (None, ACCESS):
        problems = LinkedInPublisher().check(access, post)
        assert [problem.code for problem in problems] == codes
        assert all(problem.detail and problem.remedy for problem in problems)
