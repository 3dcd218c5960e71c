"""CSV parsing: encodings, separators and malformed files."""

import codecs
import csv
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_pipeline.core.bulk import csv_reader
from content_pipeline.core.errors import Error, Invalid, TooLarge

ENCODINGS = {
    "UTF-8": lambda text: text.encode(),
    "UTF-8 with a mark": lambda text: text.encode("utf-8-sig"),
    "UTF-16 LE": lambda text: codecs.BOM_UTF16_LE + text.encode("utf-16-le"),
    "UTF-16 BE": lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
    "UTF-16 LE without a mark": lambda text: text.encode("utf-16-le"),
    "UTF-16 BE without a mark": lambda text: text.encode("utf-16-be"),
}
COLUMNS = ["script", "platform", "voice_id", "title", "note"]

cells = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters='\n\t,;|"'), max_size=20)


def code_of(data: bytes) -> str:
    with pytest.raises(Invalid) as raised:
        csv_reader.read(data)
    assert raised.value.remedy
    return raised.value.code


def rows_of(text: str) -> list[dict[str, str] | str]:
    """The rows, with the error code in place of unreadable ones."""
    rows = csv_reader.read(text.encode()).rows
    return [row.code if isinstance(row, Invalid) else row for row in rows]


@pytest.mark.slow
@given(data=st.data())
@pytest.mark.parametrize("encode", ENCODINGS.values(), ids=ENCODINGS)
def test_what_a_spreadsheet_saves_is_read_back(encode, data: st.DataObject) -> None:
    columns = data.draw(st.permutations(COLUMNS))[: data.draw(st.integers(1, len(COLUMNS)))]
    rows = data.draw(st.lists(st.tuples(*[cells] * len(columns)), max_size=5))
    header = [data.draw(st.sampled_from([name, name.upper(), f" {name.title()} "])) for name in columns]
    file = StringIO()
    writer = csv.writer(
        file,
        delimiter=data.draw(st.sampled_from(",;\t|")),
        quoting=data.draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])),
        lineterminator="\n",
    )
    writer.writerows([header, *rows])
    text = file.getvalue().replace("\n", data.draw(st.sampled_from(["\n", "\r\n", "\r"])))

    table = csv_reader.read(encode(text))

    trimmed = [[cell.strip() for cell in row] for row in rows]
    assert table.columns == tuple(columns)
    assert list(table.rows) == [dict(zip(columns, row, strict=True)) for row in trimmed if any(row)]


@given(st.one_of(st.binary(max_size=200), st.text('sa,;\t|"\r\n\0 é', max_size=60).map(str.encode)))
def test_whatever_the_bytes_are_they_are_rows_or_an_error(data: bytes) -> None:
    try:
        rows = list(csv_reader.read(data).rows)
    except Error:
        return
    assert all(isinstance(row, dict | Invalid) for row in rows)


def test_the_separator_is_that_of_the_header_whatever_the_scripts_are_full_of() -> None:
    assert rows_of("script;platform\nOne, two, three, four;tiktok\n") == [
        {"script": "One, two, three, four", "platform": "tiktok"}
    ]


def test_one_column_needs_no_quotes_around_commas() -> None:
    assert rows_of('script\nHello, world; hello | again\n"Hello, ""you"""\n') == [
        {"script": "Hello, world; hello | again"},
        {"script": 'Hello, "you"'},
    ]


def test_blanks_around_cells_and_quotes_inside_them_are_taken_as_they_are_meant() -> None:
    assert rows_of('script, platform\n  Say "cheese" now ,  "tik\r\ntok"\n') == [
        {"script": 'Say "cheese" now', "platform": "tik\ntok"}
    ]


def test_lines_without_text_are_no_rows() -> None:
    assert rows_of('\n ,\nscript,platform\n\n,\nfirst,tiktok\n  \n"",""\nsecond,tiktok\n\n') == [
        {"script": "first", "platform": "tiktok"},
        {"script": "second", "platform": "tiktok"},
    ]


def test_a_short_row_lacks_its_last_columns() -> None:
    assert rows_of("script,platform\nHello\n") == [{"script": "Hello"}]


def test_empty_cells_beyond_the_header_do_no_harm() -> None:
    assert rows_of("script,platform\nHello,tiktok,,\n") == [{"script": "Hello", "platform": "tiktok"}]


def test_a_row_with_more_cells_than_the_header_is_an_error_of_that_row() -> None:
    assert rows_of("script,platform\nHello, world,tiktok\nBye,tiktok\n") == [
        "row_too_wide",
        {"script": "Bye", "platform": "tiktok"},
    ]


def test_text_after_a_closing_quote_is_an_error_of_that_row() -> None:
    assert rows_of('script,platform\n"Hello" she said,tiktok\nBye,tiktok\n') == [
        "row_quotes",
        {"script": "Bye", "platform": "tiktok"},
    ]


def test_a_quote_that_is_never_closed_is_told_with_its_line_however_much_follows() -> None:
    text = "script,platform\nHello,tiktok\n\n" + '"Open,tiktok\n' + "More,tiktok\n" * 50_000
    row, fault = csv_reader.read(text.encode()).rows
    assert row == {"script": "Hello", "platform": "tiktok"}
    assert isinstance(fault, Invalid)
    assert (fault.code, "line 4 " in fault.detail) == ("row_quotes", True)


@pytest.mark.parametrize("data", [b"", b"\n\r\n", codecs.BOM_UTF8, codecs.BOM_UTF16_LE, b" ,,\n"])
def test_a_file_without_text_is_empty(data: bytes) -> None:
    assert code_of(data) == "csv_empty"


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "mac_roman"])
def test_letters_of_an_old_code_page_are_refused_rather_than_guessed(encoding: str) -> None:
    assert code_of("script\nSchöne Grüße\n".encode(encoding)) == "csv_encoding"


def test_utf_16_with_half_a_letter_at_its_end_is_refused() -> None:
    assert code_of("script\nHello".encode("utf-16")[:-1]) == "csv_encoding"


@pytest.mark.parametrize(
    "data",
    [b"PK\x03\x04\x14\x00\x06\x00", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"script\nHel\0lo\n", "s\n".encode("utf-32")],
    ids=["xlsx", "xls", "zero bytes", "UTF-32"],
)
def test_what_is_not_a_csv_is_refused(data: bytes) -> None:
    assert code_of(data) == "csv_unreadable"


def test_a_column_is_there_once() -> None:
    assert code_of(b"script,Platform,platform \nHello,tiktok,tiktok\n") == "csv_columns"
    assert csv_reader.read(b"script,,\nHello,,\n").columns == ("script", "", "")


def test_a_header_with_a_broken_quote_is_refused() -> None:
    assert code_of(b'"script,platform\nHello,tiktok\n') == "row_quotes"


def test_a_file_may_have_so_many_bytes_and_no_more() -> None:
    head = b"script\n"
    full = head + b"a" * (csv_reader.MAX_BYTES - len(head))
    assert len(list(csv_reader.read(full).rows)) == 1
    with pytest.raises(TooLarge):
        csv_reader.read(full + b"a")
