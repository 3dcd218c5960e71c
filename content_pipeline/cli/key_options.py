"""Options of `keys create`: scopes and expiry."""

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from content_pipeline.core.workspaces.scopes import Scope

_DURATION: Final = re.compile(r"([0-9]{1,5})([dh])")
_UNITS: Final = {"d": "days", "h": "hours"}


class Scopes(click.ParamType[Any]):
    """Names of scopes, separated by commas."""

    name = "SCOPES"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> "frozenset[Scope]":
        from content_pipeline.core.workspaces.scopes import Scope

        try:
            return frozenset(Scope(name.strip()) for name in value.split(","))
        except ValueError:
            self.fail(f"{value!r} has a scope that does not exist. There are {', '.join(Scope)}.", param, ctx)


class Expiry(click.ParamType[Any]):
    """A duration such as 90d or 12h, or a time with its offset."""

    name = "WHEN"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        from content_pipeline.core.infrastructure.clock import now

        if found := _DURATION.fullmatch(value):
            return now() + timedelta(**{_UNITS[found[2]]: int(found[1])})
        try:
            time = datetime.fromisoformat(value)
        except ValueError:
            time = None
        if time is None or time.tzinfo is None:
            self.fail(f"{value!r} is neither a duration such as 90d nor a time such as 2027-01-31T12:00Z.", param, ctx)
        return time
