"""Streams the rows of a query into a CSV, JSON or Parquet file, in constant memory."""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Boolean, ColumnElement, DateTime, Select, String, case, cast, func, literal, select
from sqlalchemy.types import TypeEngine

from content_pipeline.core.analytics import export_rows
from content_pipeline.core.analytics.postgres_copy import copied
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models.analytics import ExportFormat

# A text that a spreadsheet would take for a formula (OWASP, CSV injection).
_FORMULA: Final = "^[=+@\t\r\n-]"
# ISO 8601 in UTC, as in the API. Sessions are in UTC (database.py).
_TIME: Final = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'
_COPY_OPTIONS: Final[Mapping[ExportFormat, str]] = {
    "csv": "format csv, header",
    # JSON escapes both characters, so that COPY has nothing to quote and its lines are JSON as it is.
    "json": r"format csv, quote e'\x01', delimiter e'\x02'",
    "parquet": "format csv",
}


def write(
    rows: Select[Any], format: ExportFormat, target: Path, on_progress: Callable[[float], None]
) -> tuple[int, int]:
    """Write a file, and return how many rows the query has, and how many were written.

    CSV: a header; null is an empty cell, an empty text is `""`; a text that looks like a formula has an apostrophe
    before it. JSON: an array with one object per row and line. Parquet: a type for each column. `on_progress` is told
    the fraction of the rows that have arrived.
    """
    with transaction() as session:
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})  # count and rows fit together
        counted = export_rows.count(session, rows)
        with copied(session, _as_lines(rows, format), _COPY_OPTIONS[format]) as copy:
            lines = _reported(copy, counted, on_progress)
            if format == "csv":
                return counted, _write_csv(lines, target)
            if format == "json":
                return counted, _write_json(lines, target)
            return counted, _write_parquet(
                lines, target, {column.name: column.type for column in rows.selected_columns}
            )


def count(file: Path, format: ExportFormat) -> int:
    """How many rows of a written file can be read; of one that is broken they are fewer, or none."""
    if format == "parquet":
        from content_pipeline.core.analytics import parquet

        try:
            return parquet.count(file)
        except (ValueError, OSError):  # its footer is missing or damaged, or it is anything else
            return 0
    with file.open(encoding="utf-8", errors="replace", newline="") as lines:
        if format == "csv":
            return max(sum(1 for _ in _csv_rows(lines)) - 1, 0)
        return sum(line.startswith("{") and line.rstrip(",\n").endswith("}") for line in lines)


def _csv_rows(lines: Iterable[str]) -> Iterator[list[str]]:
    try:
        yield from csv.reader(lines)
    except csv.Error:  # a stray quote makes one field of all that follows, which is too long
        return


def _as_lines(rows: Select[Any], format: ExportFormat) -> Select[Any]:
    """The query whose rows COPY writes as lines of the format."""
    cell = {"csv": _escaped_csv_cell, "json": _json_cell, "parquet": _csv_cell}[format]
    columns = [cell(column).label(column.name) for column in rows.selected_columns]
    cells = rows.with_only_columns(*columns, maintain_column_froms=True)
    return select(func.row_to_json(cells.subquery().table_valued())) if format == "json" else cells


def _json_cell(column: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.to_char(column, _TIME) if isinstance(column.type, DateTime) else column


def _csv_cell(column: ColumnElement[Any]) -> ColumnElement[Any]:
    # COPY writes a boolean as t or f; as a text it is true or false.
    return cast(column, String) if isinstance(column.type, Boolean) else _json_cell(column)


def _escaped_csv_cell(column: ColumnElement[Any]) -> ColumnElement[Any]:
    if isinstance(column.type, String):
        return case((column.op("~")(_FORMULA), literal("'") + column), else_=column)
    return _csv_cell(column)


def _reported(lines: Iterator[bytes], counted: int, on_progress: Callable[[float], None]) -> Iterator[bytes]:
    for number, line in enumerate(lines, 1):
        yield line
        on_progress(min(number / max(counted, 1), 1.0))


def _write_csv(lines: Iterator[bytes], target: Path) -> int:
    count = 0
    with target.open("wb") as file:
        file.write(next(lines))  # the header
        for line in lines:
            file.write(line)
            count += 1
    return count


def _write_json(lines: Iterator[bytes], target: Path) -> int:
    count = 0
    with target.open("wb") as file:
        file.write(b"[")
        for count, line in enumerate(lines, 1):
            file.write(b",\n" if count > 1 else b"\n")
            file.write(bytes(line).rstrip(b"\n"))
        file.write(b"\n]\n")
    return count


def _write_parquet(lines: Iterator[bytes], target: Path, columns: Mapping[str, TypeEngine[Any]]) -> int:
    # pyarrow takes 52 MB, in every worker: only those load it that write Parquet.
    from content_pipeline.core.analytics import parquet

    return parquet.write(lines, target, columns)
