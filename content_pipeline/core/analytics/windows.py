"""Six-hour UTC windows of the metrics sync."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from content_pipeline.core.models import AccountSync

LENGTH: Final = timedelta(hours=6)
# The condition for readings that were made in time. Of windows of the past, as back-fills ask for them, no totals are
# read.
HAS_TOTALS: Final = AccountSync.finished_at < AccountSync.window_start + 2 * LENGTH


@dataclass(frozen=True, slots=True)
class Window:
    """A window, named by its start. Its reading is made when it has ended."""

    start: datetime

    @property
    def end(self) -> datetime:
        return self.start + LENGTH


def latest_complete(moment: datetime) -> Window:
    """The last window that had ended at this moment (aware, UTC)."""
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return Window(midnight + (moment - midnight) // LENGTH * LENGTH - LENGTH)


def is_present(windows: Sequence[Window], moment: datetime) -> bool:
    """Whether one of these windows is the latest complete one, or a later one: then totals are read as of now.

    Totals are never dated back, so that for past windows only the platforms' dated figures are read.
    """
    return max(window.start for window in windows) >= latest_complete(moment).start
