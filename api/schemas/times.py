"""Times on the wire: with an offset when they come in, in UTC when they go out."""

from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BeforeValidator


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("Input should be a time of the years 1 to 9999 in UTC") from error


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
# Of a query. By itself pydantic takes a midnight without an offset for a day.
Day = Annotated[date, BeforeValidator(date.fromisoformat)]
