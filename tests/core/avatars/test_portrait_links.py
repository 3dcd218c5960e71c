"""Portraits of the drawn avatars in the bucket."""

from collections.abc import Iterator

import pytest

from content_pipeline.core import storage
from content_pipeline.core.avatars import portrait_links
from content_pipeline.core.avatars.portrait_links import portrait_url
from content_pipeline.core.media.avatars import portraits
from content_pipeline.core.media.avatars.characters import CHARACTERS, Character


@pytest.fixture
def drawn(database: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The ids of the characters that were drawn, in a process and a bucket that have no portraits yet."""
    found: list[str] = []

    def draw(character: Character) -> bytes:
        found.append(character.id)
        return portraits.portrait(character)

    monkeypatch.setattr(portrait_links, "portrait", draw)
    _forget()
    for stored in storage.list_after("", prefix="avatars/", most=1000):
        storage.delete(stored.key)
    yield found
    _forget()


def _forget() -> None:
    """What a new process does not know."""
    portrait_links._stored.cache_clear()


def test_a_portrait_is_drawn_once_for_all_processes(drawn: list[str]) -> None:
    for _ in range(2):
        _forget()
        for _ in range(2):
            assert "/avatars/maya-" in portrait_url(CHARACTERS["maya"])
    assert drawn == ["maya"]


def test_a_release_that_draws_otherwise_draws_again(drawn: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    portrait_url(CHARACTERS["tom"])
    _forget()
    monkeypatch.setattr(portrait_links, "_fingerprint", lambda: "another")
    assert "/avatars/tom-another.jpg" in portrait_url(CHARACTERS["tom"])
    assert drawn == ["tom", "tom"]
