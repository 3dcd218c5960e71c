"""`python -m bench.performance_page`: writes docs/reference/performance.md from the newest results of benchmarks."""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Final

from bench import report, results
from bench.__main__ import BENCHMARKS
from bench.figures import Figure
from bench.results import Result

PAGE: Final = Path("docs/reference/performance.md")
_INTRODUCTION: Final = """\
# Performance

`.venv/bin/python -m bench.performance_page` writes this page from the newest results of `make bench`: the figures that
have a target, beside the same work done another way in the same run where there is one. A ratio holds on other
machines, a time does not. One benchmark is `.venv/bin/python -m bench NAME`; its module in `bench/` says what it does.

"""
_HEAD: Final = ("Figure", "Measured", "Target")
_MET: Final = {True: "✓", False: "**✗**"}
# Of more figures with one target, the worst stands for all.
_MOST_ALIKE: Final = 6
_NAME: Final = "| **"


def write() -> None:
    """Benchmarks in alphabetical order. Those without a result on this machine keep the rows that they have."""
    rows = _rows_so_far() | {name: [*_rows(name, result)] for name, result in results.load().items()}
    shown = [row for name in sorted(rows.keys() & BENCHMARKS.keys()) for row in rows[name]]
    PAGE.write_text(_INTRODUCTION + "\n".join([_row(*_HEAD), _row("---", "---", "---"), *shown, ""]))


def _rows_so_far() -> dict[str, list[str]]:
    _, *parts = PAGE.read_text().split(f"\n{_NAME}") if PAGE.exists() else [""]
    return {part.partition("**")[0]: f"{_NAME}{part}".strip().splitlines() for part in parts}


def _rows(name: str, result: Result) -> Iterator[str]:
    quick = ", `--quick`" if result.quick else ""
    is_notable = result.stolen >= results.NOTABLE_STOLEN
    stolen = f", {result.stolen:.0f} % of the CPU withheld by the host" if is_notable else ""
    yield _row(f"**{name}**, {result.measured_on}{quick}{stolen}; {result.machine}", "", "")
    held = [figure for figure in result.figures if figure.target]
    for _, alike in groupby(held, key=lambda figure: figure.target):
        figures = list(alike)
        if len(figures) > _MOST_ALIKE:
            worst = min(figures, key=lambda figure: figure.margin or 0.0)
            yield _figure(worst, f"worst of {len(figures)}: {worst.what}")
        else:
            yield from (_figure(figure, figure.what) for figure in figures)


def _figure(figure: Figure, what: str) -> str:
    _, measured, reference, ratio, target = report.cells(figure)
    beside = f", {ratio} of {reference}" if reference else ""
    return _row(what, f"{measured}{beside}".replace("  ", " "), f"{target} {_MET[bool(figure.is_met)]}")


def _row(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


if __name__ == "__main__":
    write()
