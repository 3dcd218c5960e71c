"""The object store: what files cost, and how its refusals are told."""

import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import botocore.auth
import pytest

from content_pipeline.core.errors import Unavailable
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.settings import settings


@pytest.mark.slow
def test_a_file_is_stored_and_fetched_without_being_held_in_memory(database: None, tmp_path: Path) -> None:
    source, target, key = tmp_path / "source", tmp_path / "target", str(uuid4())
    source.write_bytes(bytes(30_000_000))
    storage.client()  # boto's own tables
    storage.put(key, Path(__file__), content_type="text/plain")
    # boto hashes pieces of 1 MB, of which two exist when one follows another; a part has 8 MB.
    assert peak_bytes(lambda: storage.put(key, source, content_type="video/mp4")) < 3_000_000
    assert peak_bytes(lambda: storage.fetch(key, target)) < 3_000_000
    assert target.read_bytes() == source.read_bytes()


def test_a_file_that_the_store_refuses_is_told_as_such(database: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "s3_bucket", "no/bucket")
    with pytest.raises(Unavailable):
        storage.put("key", Path(__file__), content_type="text/plain")


def test_a_link_is_the_same_for_five_minutes_and_valid_for_so_much_longer(
    database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Signing was two thirds of the time of a batch of 100 reels, whose links nobody had opened since the last poll."""
    began = datetime(2026, 12, 3, tzinfo=UTC)

    def link(seconds: float) -> str:
        monkeypatch.setattr(storage, "real_now", lambda: began + timedelta(seconds=seconds))
        monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: began + timedelta(seconds=seconds))
        return storage.signed_url("reels/a.mp4")

    assert link(0) == link(299) != link(300)
    assert parse_qs(urlsplit(link(299)).query)["X-Amz-Expires"] == [f"{settings().link_seconds + 300}"]


def test_links_to_the_same_file_under_other_names_are_not_the_same(database: None) -> None:
    names = ("a.mp4", "ü.mp4", None)
    assert len({storage.signed_url("uploads/a", file_name=name) for name in names}) == len(names)


def peak_bytes(act: Callable[[], None]) -> int:
    """What it allocates at most."""
    tracemalloc.start()
    try:
        act()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
