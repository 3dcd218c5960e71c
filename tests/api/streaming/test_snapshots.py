"""ETags of tasks, whose links are signed anew from time to time."""

from datetime import UTC, datetime, timedelta

import pytest

from api.streaming import snapshots
from api.streaming.snapshots import TaskSnapshot
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.settings import settings

pytestmark = pytest.mark.usefixtures("database")  # links are signed for its object store
BEGINNING = datetime(2026, 11, 28, tzinfo=UTC)


def read(monkeypatch: pytest.MonkeyPatch, *, minutes: int = 0, link: str = "", **changes: str) -> str:
    """The ETag of a finished task that is read so long after the beginning."""
    monkeypatch.setattr(settings(), "link_seconds", 3600)
    monkeypatch.setattr(snapshots, "now", lambda: BEGINNING + timedelta(minutes=minutes))
    body = f'{{"status":"done","result":{{"output_url":"{link}","a":"{changes.get("a", "b")}"}}}}'
    return TaskSnapshot("done", "done-100", body).etag


def test_a_finished_task_whose_links_are_signed_anew_has_not_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = (storage.signed_download("reels/a.mp4", timedelta(seconds=seconds))[0] for seconds in (100, 200))
    assert one != other
    assert read(monkeypatch, link=one) == read(monkeypatch, link=other, minutes=29)


def test_it_has_changed_when_half_of_the_life_of_its_links_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    link = storage.signed_url("reels/a.mp4")
    assert read(monkeypatch, link=link) != read(monkeypatch, link=link, minutes=31)
    assert read(monkeypatch) == read(monkeypatch, minutes=31)


def test_anything_else_that_changes_changes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    link = storage.signed_url("reels/a.mp4")
    assert read(monkeypatch, link=link) != read(monkeypatch, link=link, a="c")
    assert read(monkeypatch, link=link) != read(monkeypatch, link=storage.signed_url("reels/b.mp4"))
