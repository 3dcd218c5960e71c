"""Terminal output of `up` and `status` (rich): a live line on a terminal, plain lines elsewhere."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from rich.console import Console
from rich.status import Status
from rich.table import Table

console = Console(highlight=False)

READY: Final = "ready"
DONE: Final = "done"


class Progress:
    """Shows which services are being waited for, and for each that is ready how long it took."""

    def __init__(self, status: Status) -> None:
        self._status = status
        self._began = time.monotonic()

    def waiting_for(self, names: list[str]) -> None:
        self._status.update(f"waiting for {', '.join(names)}")

    def ready(self, name: str) -> None:
        console.print(f"[green]✓[/] {name} [dim]{time.monotonic() - self._began:.1f} s[/]")


@contextmanager
def progress() -> Iterator[Progress]:
    with console.status("starting") as status:
        yield Progress(status)


@dataclass(frozen=True)
class Row:
    """One service in the table of `status`."""

    name: str
    state: str
    pid: int
    port: int | None
    uptime: float
    url: str | None

    @property
    def is_healthy(self) -> bool:
        return self.state in (READY, DONE)


def show(rows: list[Row]) -> None:
    view = Table("service", "state", "pid", "port", "uptime", "url", box=None, header_style="dim")
    for row in rows:
        color = "green" if row.is_healthy else "red"
        view.add_row(
            row.name,
            f"[{color}]{row.state}[/]",
            str(row.pid or ""),
            str(row.port or ""),
            _duration(row.uptime) if row.pid else "",
            row.url or "",
        )
    console.print(view)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"
