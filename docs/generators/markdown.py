"""Markdown of the generated pages."""

from collections.abc import Iterable


def table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table. Cells are Markdown."""
    head = list(columns)
    return "\n".join([line(head), line("---" for _ in head), *map(line, rows)])


def line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def cell(text: str | None) -> str:
    """Text as one cell, with nothing in it that ends the cell or begins HTML."""
    return " ".join((text or "").split()).replace("|", "\\|").replace("<", "\\<")
