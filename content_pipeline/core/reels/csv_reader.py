"""CSV files as spreadsheets and scripts write them: which encoding, which separator, which cells.

The separator is told from the header: scripts are full of commas and semicolons, so the rows say nothing about it.
Rows are read one at a time, because five megabytes may hold two million of them.
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

# The first that splits the header into most cells is the separator.
_SEPARATORS: Final = (",", ";", "\t", "|")
# One column has no separator, and a comma in its cells need not be quoted: this one is in nobody's text.
_NO_SEPARATOR: Final = "\x1f"
# Zip (xlsx, ods, numbers) and the older Excel.
_WORKBOOK_SIGNATURES: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_SAVE_AS_CSV: Final = 'Open it in the spreadsheet program, save it as "CSV UTF-8" and send that file.'

# The module's own limit of 131,072 would cut a quote that is never closed into thousands of rows of nonsense.
csv.field_size_limit(MAX_BYTES)


@dataclass(frozen=True, slots=True)
class Table:
    """Columns by trimmed, lower-cased name; rows by column, a row that cannot be read as its error.

    A row lacks the columns that it is too short for. Rows without any text are left out; rows can be gone
    through once.
    """

    columns: tuple[str, ...]
    rows: Iterator[dict[str, str] | Invalid]


def read(data: bytes) -> Table:
    """The table in a CSV: UTF-8 or UTF-16, any usual separator and line break, cells without blanks around them.

    Raises TooLarge, or Invalid with the code `csv_encoding` (other text), `csv_unreadable` (not a CSV at all),
    `csv_empty` (no header) or `csv_columns` (a column twice). The errors in place of rows have the codes
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
        # Excel's plain "CSV" is in the code page of its country. Guessing which one would make wrong letters.
        raise Invalid("The CSV is neither in UTF-8 nor in UTF-16.", code="csv_encoding", remedy=_SAVE_AS_CSV) from error
    if "\0" in text:
        raise Invalid("The file holds zero bytes, so it is not a CSV.", code="csv_unreadable", remedy=_SAVE_AS_CSV)
    return text


def _encoding(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    # Without a mark: a header begins with an ASCII letter, and the other half of it is zero.
    match [byte != 0 for byte in data[:2]]:
        case [True, False]:
            return "utf-16-le"
        case [False, True]:
            return "utf-16-be"
    return "utf-8-sig"


def _records(text: str) -> Iterator[list[str] | Invalid]:
    """The cells of each row that has some text, the header's first."""
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
