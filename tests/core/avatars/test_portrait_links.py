"""Portraits of the drawn avatars in the bucket."""

from collections.abc import Iterator

import pytest

from content_pipeline.core.avatars import portrait_links
from content_pipeline.core.avatars.portrait_links import portrait_url
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.media.avatars.characters import CHARACTERS


@pytest.fixture(autouse=True)
def _new_process(database: None) -> Iterator[None]:
    """A process and a bucket that have no portraits yet."""
    _forget()
    for stored in storage.list_after("", prefix="avatars/", most=1000):
        storage.delete(stored.key)
    yield
    _forget()


def _forget() -> None:
    """What a new process does not know."""
    portrait_links.put_portrait.cache_clear()


def _stored() -> list[storage.StoredObject]:
    return storage.list_after("", prefix="avatars/", most=1000)


def test_a_portrait_is_put_once_by_all_processes() -> None:
    links = []
    for _ in range(2):
        _forget()
        links += [portrait_url(CHARACTERS["maya"]).partition("?")[0] for _ in range(2)]
        (stored,) = _stored()
    assert len(set(links)) == 1
    _forget()
    portrait_url(CHARACTERS["maya"])
    assert _stored() == [stored]


def test_a_new_drawing_gets_a_new_link(monkeypatch: pytest.MonkeyPatch) -> None:
    before = portrait_url(CHARACTERS["tom"])
    _forget()
    monkeypatch.setattr(portrait_links, "portrait", lambda _: b"another drawing")
    after = portrait_url(CHARACTERS["tom"])
    assert before.partition("?")[0] != after.partition("?")[0]
    assert len(_stored()) == 2
