"""Date and time types: requests need an offset, responses are in UTC."""

from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BeforeValidator


def _in_utc(time: datetime) -> datetime:
    try:
        return time.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("Input should be a time of the years 1 to 9999 in UTC") from error


UtcDatetime = Annotated[AwareDatetime, AfterValidator(_in_utc)]
# For query parameters. Pydantic alone would accept a midnight without an offset as a date.
Day = Annotated[date, BeforeValidator(date.fromisoformat)]
