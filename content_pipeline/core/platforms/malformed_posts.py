"""Error isolation of malformed posts in a platform's answers: one is logged once and left out, the others are read.

Where all of several are malformed, the platform has changed its form: their error is raised.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, TypeVar

from content_pipeline.core.infrastructure.error_isolation import isolated
from content_pipeline.core.infrastructure.net.storable_text import storable
from content_pipeline.core.platforms.insights import Figures, ListedPost, Metric

# A column of counts cannot hold this number.
_TOO_MANY: Final = 2**63
_MAX_LOGGED: Final = 100

Answer = TypeVar("Answer")
Parsed = TypeVar("Parsed")


def readable(platform: str, entries: Iterable[Any], parse: Callable[[Any], Parsed]) -> list[Parsed]:
    """What `parse` makes of the entries of a list, without those for which it raises an error. Raises the last of these
    errors where there are several and nothing else: then the platform has changed its form."""
    return [found for _, found in _readable(f"{platform}_list", ((_id_of(entry), entry) for entry in entries), parse)]


def readable_posts(platform: str, entries: Iterable[Any], parse: Callable[[Any], ListedPost]) -> list[ListedPost]:
    """The posts that `parse` makes of the entries of a list, without those that it cannot make or nobody can store.
    Raises as `readable` does."""
    return readable(platform, entries, lambda entry: _storable(parse(entry)))


def readable_by_id(platform: str, entries: Sequence[Any], asked: Collection[str]) -> dict[str, Any]:
    """The entries of an answer about the posts that were asked for, by their `id`. Raises as `readable` does.

    Where an entry has no id of theirs, it may be of each post that is missing: those have None.
    """
    named = dict(readable(platform, entries, lambda entry: (id_text(entry["id"]), entry)))
    found = {id: named[id] for id in asked if id in named}
    return found if len(found) == len(entries) else {id: named.get(id) for id in asked}


def readable_figures(
    platform: str, answers: Mapping[str, Answer | None], parse: Callable[[Answer], Figures]
) -> dict[str, Figures]:
    """The figures that `parse` finds in the answers about posts, by their ids. Raises as `readable` does.

    No figures where it raises an error and where the answer is None, which is not to say that the post is gone.
    """
    known = ((id, answer) for id, answer in answers.items() if answer is not None)
    found = dict(_readable(f"{platform}_figures", known, lambda answer: dict(_numbers(parse(answer)))))
    return {id: found.get(id, {}) for id in answers}


def id_text(found: Any) -> str:
    """An id, which is text at all platforms. Raises ValueError for anything else, and for nothing."""
    if not isinstance(found, str) or not found:
        raise ValueError("The id is no text.")
    return found


def time_of(text: str) -> datetime:
    """A time in ISO 8601. Raises ValueError where it has no offset."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("The time has no offset.")
    return moment


def _readable(
    loop: str, entries: Iterable[tuple[str, Answer]], parse: Callable[[Answer], Parsed]
) -> list[tuple[str, Parsed]]:
    """What `parse` makes of entries, each with its id."""
    found: list[tuple[str, Parsed]] = []
    errors: list[Exception] = []
    for id, entry in entries:
        with isolated(loop, id):
            try:
                found.append((id, parse(entry)))
            except Exception as error:
                errors.append(error)
                raise
    if len(errors) > 1 and not found:
        raise errors[-1]
    return found


def _storable(post: ListedPost) -> ListedPost:
    """The post, its text as it can be stored. Raises an error for other values that PostgreSQL cannot store."""
    for text in (post.post_id, "" if post.url is None else post.url):
        if "\0" in text:
            raise ValueError("An id or a link has a NUL.")
        text.encode()  # which False and [] do not have
    if post.seconds is not None and not _is_storable(post.seconds):
        raise ValueError("The length is no number.")
    return replace(post, text=storable(post.text))


def _numbers(figures: Figures) -> Iterator[tuple[Metric, float]]:
    """The figures that are given. Raises ValueError for one that is not a number that can be stored."""
    for metric, value in figures.items():
        if value is None:
            continue
        if not _is_storable(value):
            raise ValueError(f"The figure of {metric} is no number.")
        yield metric, value


def _is_storable(number: Any) -> bool:
    return isinstance(number, int | float) and not isinstance(number, bool) and abs(number) < _TOO_MANY


def _id_of(entry: Any) -> str:
    return str(entry.get("id", "without id"))[:_MAX_LOGGED] if isinstance(entry, dict) else "without id"
