"""When a link expires, by what its query says."""

from datetime import UTC, datetime, timedelta

import pytest

from content_pipeline.core.errors import Invalid
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.net import link_expiry

NOON = datetime(2030, 5, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "url",
    [
        "https://s3.example/a.mp4?X-Amz-Date=20300501T110000Z&X-Amz-Expires=3600&X-Amz-Signature=ab",
        "https://storage.example/a.mp4?x-goog-date=20300501T110000Z&x-goog-expires=3600&x-goog-signature=ab",
        "https://blob.example/a.mp4?sv=2024-01-01&se=2030-05-01T12%3A00%3A00Z&sig=ab",
        "https://blob.example/a.mp4?se=2030-05-01T12:00&sig=ab",
        "https://cdn.example/a.mp4?Expires=1903867200&Signature=ab&Key-Pair-Id=K1",
        "https://s3.example/a.mp4?AWSAccessKeyId=A&Expires=1903867200&Signature=ab",
    ],
)
def test_a_link_that_says_when_it_expires_is_refused_from_then_on(url: str) -> None:
    assert link_expiry.expires_at(url) == NOON
    link_expiry.check(url, needed_at=NOON - timedelta(seconds=1))
    with pytest.raises(Invalid) as caught:
        link_expiry.check(url, needed_at=NOON)
    assert caught.value.code == "link_expired"
    assert "2030-05-01 12:00:00 UTC" in caught.value.detail


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?se=tuesday&sig=ab",
        "?Expires=soon&Signature=ab",
        "?Expires=99999999999999999999&Signature=ab",
        "?X-Amz-Date=20300501T110000Z&X-Amz-Expires=99999999999999",
        "?X-Amz-Date=today&X-Amz-Expires=1",
        "?expires=1903867200",  # a parameter of another meaning: nothing is signed
        "?se=2030-05-01T12:00:00Z",
    ],
)
def test_any_other_link_says_nothing(query: str) -> None:
    assert link_expiry.expires_at(f"https://cdn.example/a.mp4{query}") is None
    assert link_expiry.expires_at(f"https://[::1/a.mp4{query}") is None


def test_a_link_of_the_store_says_it(database: None) -> None:
    expires = link_expiry.expires_at(storage.new_signed_url("some/reel.mp4", timedelta(seconds=600)))
    assert expires
    assert abs(expires - now() - timedelta(seconds=600)) < timedelta(seconds=60)
