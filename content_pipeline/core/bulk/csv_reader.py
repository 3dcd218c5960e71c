"""Parses CSV files as spreadsheets write them: detects encoding and delimiter.

The delimiter is detected from the header, because scripts in the rows are full of commas and semicolons. Rows are
iterated lazily, because five megabytes may hold two million of them.
"""

import codecs
import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Final

from content_pipeline.core.errors import Invalid, TooLarge

MAX_BYTES: Final = 5_000_000

# The one that splits the header into the most cells wins; ties go to the first.
_SEPARATORS: Final = (",", ";", "\t", "|")
# A file with a single column is read with a separator that occurs in no text, because its commas need no quotes.
_NO_SEPARATOR: Final = "\x1f"
# Zip (xlsx, ods, numbers) and the older Excel.
_WORKBOOK_SIGNATURES: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_SAVE_AS_CSV: Final = 'Open it in the spreadsheet program, save it as "CSV UTF-8" and send that file.'

# The csv module's default of 131,072 would split an unclosed quote into thousands of bogus rows.
csv.field_size_limit(MAX_BYTES)


@dataclass(frozen=True, slots=True)
class Table:
    """Trimmed, lower-cased column names; rows as dicts, or the error of an unreadable row.

    Short rows lack their last columns. Empty rows are skipped. `rows` can be iterated once.
    """

    columns: tuple[str, ...]
    rows: Iterator[dict[str, str] | Invalid]


def read(data: bytes) -> Table:
    """Parse a CSV: UTF-8 or UTF-16, any common delimiter and line break, trimmed cells.

    Raises TooLarge, or Invalid with the code `csv_encoding` (other text), `csv_unreadable` (not a CSV at all),
    `csv_empty` (no header) or `csv_columns` (a column twice). Row errors have the codes
    `row_quotes` and `row_too_wide`.
    """
    if len(data) > MAX_BYTES:
        raise TooLarge(f"The CSV has more than {MAX_BYTES:,} bytes.", remedy="Split it into several files.")
    records = _records(_decode(data))
    header = next(records, None)
    if header is None:
        raise Invalid("The CSV is empty.", code="csv_empty", remedy="Begin it with a line of column names.")
    if isinstance(header, Invalid):
        raise header
    columns = tuple(name.lower() for name in header)
    if twice := [name for name, count in Counter(filter(None, columns)).items() if count > 1]:
        raise Invalid(
            f"The CSV has more than one column named {', '.join(twice)[:200]}.",
            code="csv_columns",
            remedy="Give each column a name of its own.",
        )
    return Table(columns, (_by_column(columns, record) for record in records))


def _decode(data: bytes) -> str:
    if data.startswith(_WORKBOOK_SIGNATURES):
        raise Invalid("This is a workbook or an archive, not a CSV.", code="csv_unreadable", remedy=_SAVE_AS_CSV)
    try:
        text = data.decode(_encoding(data))
    except UnicodeDecodeError as error:
        # Excel's plain "CSV" uses the locale's code page; guessing which one would corrupt text.
        raise Invalid("The CSV is neither in UTF-8 nor in UTF-16.", code="csv_encoding", remedy=_SAVE_AS_CSV) from error
    if "\0" in text:
        raise Invalid("The file holds zero bytes, so it is not a CSV.", code="csv_unreadable", remedy=_SAVE_AS_CSV)
    return text


def _encoding(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    # UTF-16 without a BOM is recognized by its header, which starts with an ASCII letter whose other byte is zero.
    match [byte != 0 for byte in data[:2]]:
        case [True, False]:
            return "utf-16-le"
        case [False, True]:
            return "utf-16-be"
    return "utf-8-sig"


def _records(text: str) -> Iterator[list[str] | Invalid]:
    """The cells of each non-empty row, the header first."""
    lines = StringIO(text, newline=None)  # every line break becomes \n, those in cells too
    reader = csv.reader(lines, delimiter=_separator(text), skipinitialspace=True, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = [cell.strip() for cell in next(reader)]
        except StopIteration:
            return
        except csv.Error:
            yield _quote_error(line)
        else:
            if any(cells):
                yield cells


def _separator(text: str) -> str:
    header = next((line for line in StringIO(text, newline=None) if line.strip()), "")
    widths = {separator: len(next(csv.reader([header], delimiter=separator))) for separator in _SEPARATORS}
    widest = max(_SEPARATORS, key=widths.__getitem__)
    return widest if widths[widest] > 1 else _NO_SEPARATOR


def _quote_error(line: int) -> Invalid:
    return Invalid(
        f"In the row that begins in line {line} of the file, a quote is not closed, or text follows a closing quote.",
        code="row_quotes",
        remedy='Put quotes around the whole cell, and write a quote inside it twice: "She said ""now"".".',
    )


def _by_column(columns: Sequence[str], record: list[str] | Invalid) -> dict[str, str] | Invalid:
    if isinstance(record, Invalid):
        return record
    if any(record[len(columns) :]):
        return Invalid(
            f"The row has {len(record)} cells, the header {len(columns)}.",
            code="row_too_wide",
            remedy="Put quotes around a cell that has a separator in its text.",
        )
    return dict(zip(columns, record, strict=False))
