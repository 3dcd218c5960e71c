"""`python -m bench.performance_page`: writes docs/performance.md from the newest results of the benchmarks."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bench import report, results
from bench.__main__ import BENCHMARKS
from bench.results import Result

PAGE: Final = Path("docs/performance.md")
_INTRODUCTION: Final = """\
# Performance

What `make bench` measured, each figure beside the same work done another way in the same run where there is one: a
ratio holds on other machines, a time does not. One benchmark is `.venv/bin/python -m bench NAME`, and its module in
`bench/` says what it does. With `--quick` it measures fewer times, or among fewer rows. This page is written from the
newest results by `.venv/bin/python -m bench.performance_page`.

How many cores, how much memory and which connections a load needs: [sizing.md](sizing.md).
"""
_MET: Final = {None: "", True: "✓", False: "**✗**"}


def write() -> None:
    """Benchmarks in alphabetical order. Those without a result on this machine keep the section that they have."""
    new = {name: _section(result) for name, result in results.load().items()}
    sections = _sections_so_far() | new
    names = sorted(sections.keys() & BENCHMARKS.keys())
    PAGE.write_text(_INTRODUCTION + "".join(f"\n## {name}\n\n{sections[name]}\n" for name in names))


def _sections_so_far() -> dict[str, str]:
    _, *sections = PAGE.read_text().split("\n## ") if PAGE.exists() else [""]
    return {name: text.strip() for name, _, text in (section.partition("\n") for section in sections)}


def _section(result: Result) -> str:
    how = "`--quick`" if result.quick else "whole"
    is_notable = result.stolen >= results.NOTABLE_STOLEN
    stolen = f", {result.stolen:.0f} % of the CPU withheld by the host" if is_notable else ""
    head = f"{result.measured_on}, {how}, load before {result.load:.1f}{stolen}; {result.machine}"
    return f"{head}.\n\n" + "\n".join(_table(result))


def _table(result: Result) -> Iterator[str]:
    columns = (*report.COLUMNS, "n", "met")
    yield _row(*columns)
    yield _row(*("---" for _ in columns))
    for figure in result.figures:
        yield _row(*report.cells(figure), str(figure.samples), _MET[figure.is_met])


def _row(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


if __name__ == "__main__":
    write()
