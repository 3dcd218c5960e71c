"""Date and time types: requests need an offset, responses are in UTC."""

from datetime import UTC, date, datetime
from functools import cache
from typing import Annotated, Any
from zoneinfo import available_timezones

from pydantic import AfterValidator, AwareDatetime, BeforeValidator
from pydantic_core import PydanticKnownError


def _refuse_numbers(value: Any) -> Any:
    """Pydantic alone would accept the seconds since 1970, as a number or as its text."""
    try:
        float(value)
    except (TypeError, ValueError):
        return value
    raise PydanticKnownError("timezone_aware")


def _in_utc(time: datetime) -> datetime:
    try:
        return time.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("Input should be a time of the years 1 to 9999 in UTC") from error


UtcDatetime = Annotated[AwareDatetime, BeforeValidator(_refuse_numbers), AfterValidator(_in_utc)]
# This type is for query parameters. Pydantic alone would accept a midnight without an offset as a date.
Day = Annotated[date, BeforeValidator(date.fromisoformat)]


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _is_known(name: str) -> str:
    if name not in _time_zones():
        raise ValueError("Input should be a name of the IANA time zone database, like Europe/Berlin")
    return name


TimeZone = Annotated[str, AfterValidator(_is_known)]
