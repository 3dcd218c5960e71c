"""Strict request parameters: refuses unknown query parameters and form fields, and suggests the nearest known name.

FastAPI ignores them: `?limt=10` was answered with a page of 50.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from difflib import get_close_matches
from itertools import chain, islice
from typing import Any, Final, get_args

from fastapi import Depends, Request
from fastapi.dependencies.models import Dependant
from fastapi.params import Form
from fastapi.routing import APIRoute
from pydantic import BaseModel

from content_pipeline.core.errors import Unprocessable, pointer

# Each takes a comparison with all known names: 9,300 in a query stopped the event loop for 0.1 s.
MAX_ERRORS: Final = 20


async def _refuse_unknown(request: Request) -> None:
    if not hasattr(request.state, "caller"):  # a platform's redirect, which has parameters of its own
        return
    if request.method == "GET" and not request.query_params:  # as most requests are
        return
    route: APIRoute = request.scope["route"]
    query, form = _names(route)
    # FastAPI has read the form, and keeps it.
    unknown = chain(
        _unknown("query", request.query_params, query),
        _unknown("body", await request.form(), form) if form else (),
    )
    if errors := list(islice(unknown, MAX_ERRORS)):
        raise Unprocessable(errors[0]["detail"], code="schema", errors=errors)


# All routes of clients depend on this.
KNOWN_FIELDS: Final = Depends(_refuse_unknown)


def _names(route: APIRoute) -> tuple[frozenset[str], frozenset[str]]:
    """The query parameters of a route, and the fields of its form; none where it takes no form."""
    needed = list(with_dependencies(route.dependant))
    query = frozenset(field.alias for each in needed for field in each.query_params)
    body = [field for each in needed for field in each.body_params]
    is_form = any(isinstance(field.field_info, Form) for field in body)
    return query, frozenset(field.alias for field in body) if is_form else frozenset()


def with_dependencies(dependant: Dependant) -> Iterator[Dependant]:
    """What a route needs, and what that needs."""
    yield dependant
    for dependency in dependant.dependencies:
        yield from with_dependencies(dependency)


def _unknown(place: str, sent: Iterable[str], known: Collection[str]) -> Iterator[dict[str, str]]:
    for name in dict.fromkeys(sent):
        if name not in known:
            yield {"in": place, "pointer": pointer([name]), "detail": unknown_sentence(name, known)}


def unknown_sentence(name: str, known: Collection[str]) -> str:
    """What a person is told of a name that nothing here has."""
    # The start of a long name is enough to find similar ones.
    nearest = get_close_matches(name[:100], known, n=1)
    return f"There is no {name[:100]!r} here." + (f" Did you mean {nearest[0]!r}?" if nearest else "")


def body_fields(route: APIRoute, path: Sequence[str | int]) -> set[str]:
    """The names of the fields of the objects at `path` in the body of a route."""
    return field_names(route.body_field.field_info.annotation, path) if route.body_field else set()


def field_names(annotation: Any, path: Sequence[str | int]) -> set[str]:
    """The names of the fields of the objects at `path` in a model."""
    models = set(_models(annotation))
    for step in path:
        if isinstance(step, str):
            models = {
                model
                for parent in models
                for model in _models(getattr(parent.model_fields.get(step), "annotation", None))
            }
    return {field.alias or name for model in models for name, field in model.model_fields.items()}


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models in a type, in a union or a list."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)
