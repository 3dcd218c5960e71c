"""Report: prints the figures."""

import os
from collections.abc import Sequence
from typing import Final

from rich.console import Console
from rich.table import Table

from bench.figures import Figure

COLUMNS: Final = ("figure", "measured", "reference in this run", "ratio", "target")
# Without a terminal rich uses 80 columns, which wraps every row of the table.
_WIDTH: Final = 150

console = Console(highlight=False, width=None if os.isatty(1) else _WIDTH)


def show(figure: Figure) -> None:
    """Print one figure."""
    beside = f", {_ratio(figure)} of {_reference(figure)}" if figure.reference else ""
    goal = f" [dim](target {_target(figure)}, n={figure.samples})[/]" if figure.target else ""
    console.print(f"  {_verdict(figure)} {figure.what}: [bold]{_value(figure.measured, figure.unit)}[/]{beside}{goal}")


def show_table(figures: Sequence[Figure]) -> None:
    table = Table(*COLUMNS, "met", box=None, header_style="dim")
    for figure in figures:
        table.add_row(*cells(figure), _verdict(figure))
    console.print(table)
    held = [figure.is_met for figure in figures if figure.is_met is not None]
    console.print(f"{held.count(True)} of {len(held)} targets met.")


def cells(figure: Figure) -> Sequence[str]:
    """A figure in words, one for each of `COLUMNS`."""
    return figure.what, _value(figure.measured, figure.unit), _reference(figure), _ratio(figure), _target(figure)


def _value(value: float, unit: str) -> str:
    digits = 0 if value >= 100 else 1 if value >= 10 else 2
    return f"{value:,.{digits}f} {unit}"


def _reference(figure: Figure) -> str:
    return f"{_value(figure.reference.value, figure.unit)} {figure.reference.name}" if figure.reference else ""


def _ratio(figure: Figure) -> str:
    return "" if figure.ratio is None else f"{figure.ratio:.2f} ×"


def _target(figure: Figure) -> str:
    if figure.target is None:
        return ""
    sign = "≤" if figure.target.side == "at most" else "≥"
    return f"{sign} {figure.target.limit:g} {'×' if figure.target.of == 'ratio' else figure.unit}"


def _verdict(figure: Figure) -> str:
    return {None: "[dim]·[/]", True: "[green]✓[/]", False: "[red]✗[/]"}[figure.is_met]
