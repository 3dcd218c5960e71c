"""Cleaning of platforms' error messages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_pipeline.core.infrastructure.net.error_text import platform_message

TOKEN = "IGAAc5ZBx9" + "QwErTy123_-" * 9


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("The aspect ratio is not supported", "The aspect ratio is not supported."),
        ("Wait!\n  Then  retry.", "Wait! Then retry."),
        (f"Malformed access token {TOKEN}", "Malformed access token …"),
        ("Could not fetch https://b.example/a.mp4?X-Amz-Signature=abc now", "Could not fetch … now."),
        (
            "Media 17895695668004550 of urn:li:ugcPost:7128345 is gone.",
            "Media 17895695668004550 of urn:li:ugcPost:7128345 is gone.",
        ),
        ("Bread \0and \ud83c", "Bread and ?"),
        (f"Malformed access token {TOKEN[:30]}\0{TOKEN[30:]}", "Malformed access token …"),
        (None, ""),
    ],
)
def test_a_platforms_sentence_is_shown_without_what_is_secret(told: str | None, shown: str) -> None:
    assert platform_message(told) == shown


@pytest.mark.slow
@given(st.text(), st.from_regex(r"[A-Za-z0-9_-]{60,200}", fullmatch=True), st.text())
def test_no_token_gets_through_whatever_stands_around_it(before: str, token: str, after: str) -> None:
    assert token not in platform_message(f"{before} {token} {after}")


@given(st.text(max_size=2000))
def test_a_sentence_is_short(told: str) -> None:
    assert len(platform_message(told)) <= 301
