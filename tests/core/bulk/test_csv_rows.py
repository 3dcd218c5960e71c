"""Validation of the rows of a CSV."""

import csv
import socket
import threading
from io import StringIO
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.schemas.problems import RowFault
from content_pipeline.core.bulk import csv_reader
from content_pipeline.core.bulk.csv_rows import VideoRow, parse
from content_pipeline.core.errors import Invalid, PlanLimit
from content_pipeline.core.platforms.registry import PLATFORMS
from content_pipeline.core.settings import settings
from content_pipeline.core.speech import voice_selection
from content_pipeline.core.speech.voice_types import Voice

# A public host as an IP address: needs no DNS.
PUBLIC = "https://8.8.8.8"
KHMER = "សូមស្វាគមន៍មកកាន់ប៉ុស្តិ៍របស់យើង"

# Links elsewhere are told from those of our bucket.
needs_the_bucket = pytest.mark.usefixtures("database")


def sheet(*rows: dict[str, str]) -> bytes:
    file = StringIO()
    writer = csv.DictWriter(file, list(dict.fromkeys(["script", *(column for row in rows for column in row)])))
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue().encode()


def reels(data: bytes, *, platform: str = "instagram", voice_id: str = "en-US", most_rows: int = 100) -> list[VideoRow]:
    return parse(data, workspace_id=uuid4(), platform=platform, voice_id=voice_id, most_rows=most_rows).rows


def faults(data: bytes) -> list[tuple[int, str | None, str]]:
    with pytest.raises(Invalid) as raised:
        reels(data)
    assert raised.value.code == "csv_rows_invalid"
    for fault in raised.value.errors:
        RowFault.model_validate(fault, strict=True)
    return [(fault["row"], fault["column"], fault["code"]) for fault in raised.value.errors]


def test_the_example_of_the_api_page_becomes_two_reels() -> None:
    first, second = reels(b"script,platform,voice_id\nHello world!,instagram,en-US\nCheck this out.,tiktok,en-US\n")
    assert (first.row, first.script, first.platform, first.voice_id) == (1, "Hello world!", "instagram", "en-US")
    assert (second.row, second.script, second.platform, second.voice_id) == (2, "Check this out.", "tiktok", "en-US")
    assert (first.title, first.background_url, first.music_url) == (None, None, None)


def test_a_row_says_its_platform_and_voice_or_takes_the_given_ones() -> None:
    own, none = reels(
        sheet({"script": "Hello there.", "platform": "YouTube", "voice_id": "en-GB"}, {"script": "Hello you."}),
        platform="tiktok",
        voice_id="en-US",
    )
    assert (own.platform, own.voice_id) == ("youtube", "en-GB")
    assert (none.platform, none.voice_id) == ("tiktok", "en-US")


@needs_the_bucket
def test_title_background_and_music_are_taken_where_they_are_given() -> None:
    [reel] = reels(
        sheet({"script": "Hello.", "title": " Two\nlines ", "background_url": f"{PUBLIC}/a.mp4", "music": PUBLIC})
    )
    assert (reel.title, reel.background_url, reel.music_url) == ("Two lines", f"{PUBLIC}/a.mp4", PUBLIC)


def test_a_row_says_how_its_captions_appear_or_leaves_it_to_the_twin() -> None:
    rows = reels(sheet({"script": "Hello.", "caption_animation": "Pop"}, {"script": "Hello."}))
    assert [row.caption_animation for row in rows] == ["pop", None]


def test_a_row_says_what_its_reel_ends_with_or_leaves_it_to_the_twin() -> None:
    rows = reels(sheet({"script": "Hello.", "call_to_action": " Follow\nme "}, {"script": "Hello."}))
    assert [row.call_to_action for row in rows] == ["Follow me", None]


def test_a_row_says_how_fast_it_is_spoken_or_leaves_it_to_the_twin() -> None:
    rows = reels(b"script;speed;pause;format\nHello.;1,2;0;reel\nHello.; 0.7 ;2;avatar\nHello.;;;\n")
    assert [(row.speed, row.pause) for row in rows] == [(1.2, 0.0), (0.7, 2.0), (None, None)]


@needs_the_bucket
def test_music_goes_by_two_names() -> None:
    assert reels(sheet({"script": "Hello.", "music_url": PUBLIC}))[0].music_url == PUBLIC
    assert faults(sheet({"script": "Hello.", "music_url": "file:///x"})) == [(1, "music_url", "url_forbidden")]


def test_columns_that_mean_nothing_are_named_in_their_order() -> None:
    data = b"id,script,Platfrom,,music,voice\n1,Hello.,tiktok,,,en-GB\n"
    read = parse(data, workspace_id=uuid4(), platform="instagram", voice_id="en-US", most_rows=100)
    assert read.ignored_columns == ["id", "platfrom", "voice"]
    assert (read.rows[0].platform, read.rows[0].voice_id) == ("instagram", "en-US")


def test_a_script_keeps_its_line_breaks_and_loses_other_control_characters() -> None:
    [reel] = reels(sheet({"script": "\x07 One,\x1b two.\n\nNext\vline\twith {\\an8} 100% \x9d"}))
    assert reel.script == "One, two.\n\nNext\nline\twith {\\an8} 100%"


@pytest.mark.parametrize("letter", ["e", "é", "👩"])
def test_a_script_may_have_so_many_characters_and_no_more(letter: str) -> None:
    most = settings().script_characters
    full = ("It is good to see you again. " * most)[: most - 1] + letter
    assert reels(sheet({"script": f" {full}\n"}))[0].script == full
    assert faults(sheet({"script": full + letter})) == [(1, "script", "script_too_long")]


@needs_the_bucket
@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        ({"script": "", "title": "Only a title"}, "script", "script_empty"),
        ({"script": "…!? — 🎉"}, "script", "nothing_to_say"),
        ({"script": KHMER}, "script", "language_unspoken"),
        ({"script": "We love our 寿司"}, "script", "character_unspoken"),
        ({"script": "It costs ¤500 today."}, "script", "character_unspoken"),
        ({"script": "We know that A ⊗ B is C."}, "script", "character_unspoken"),
        ({"script": "Hello.", "voice_id": "nobody-knows-me"}, "voice_id", "unknown_voice"),
        ({"script": "Hello.", "platform": "myspace"}, "platform", "unknown_platform"),
        ({"script": "Hello.", "title": "t" * 121}, "title", "title_too_long"),
        ({"script": "Hello.", "call_to_action": "c" * 61}, "call_to_action", "call_to_action_too_long"),
        ({"script": "Hello.", "speed": "fast"}, "speed", "speed_unfit"),
        ({"script": "Hello.", "speed": "1.5"}, "speed", "speed_unfit"),
        ({"script": "Hello.", "speed": "nan"}, "speed", "speed_unfit"),
        ({"script": "Hello.", "pause": "-0.1"}, "pause", "pause_unfit"),
        ({"script": "Hello.", "pause": "2 s"}, "pause", "pause_unfit"),
        ({"script": "Hello.", "caption_animation": "dance"}, "caption_animation", "unknown_caption_animation"),
        ({"script": "Hello.", "background_url": "my video.mp4"}, "background_url", "url_forbidden"),
        ({"script": "Hello.", "background_url": "http://127.0.0.1/a.mp4"}, "background_url", "url_forbidden"),
        ({"script": "Hello.", "music": "file:///etc/passwd"}, "music", "url_forbidden"),
        ({"script": "Hello.", "music": "https://user:secret@8.8.8.8/a.mp3"}, "music", "url_forbidden"),
        ({"script": "Hello.", "music": "http://[::1"}, "music", "url_forbidden"),
    ],
)
def test_what_cannot_become_a_reel_is_told_with_its_place(row: dict[str, str], column: str, code: str) -> None:
    assert faults(sheet({"script": "Fine."}, row)) == [(2, column, code)]


def test_everything_that_is_wrong_is_told_at_once() -> None:
    data = (
        b"script,platform,voice_id,title\n"
        b"Fine.,tiktok,en-US,\n"
        b"\n"
        b"?!,myspace,en-US," + b"t" * 121 + b"\n"
        b"Hello, world,tiktok,en-US,Greeting\n"
        b"Fine too.,,,\n"
        b'"Quoted" badly,tiktok,en-US,\n'
        b"Hello.,tiktok,nobody-knows-me,\n"
    )
    assert faults(data) == [
        (2, "script", "nothing_to_say"),
        (2, "platform", "unknown_platform"),
        (2, "title", "title_too_long"),
        (3, None, "row_too_wide"),
        (5, None, "row_quotes"),
        (6, "voice_id", "unknown_voice"),
    ]


@pytest.mark.parametrize(("script", "code"), [("word " * 600, "script_too_long"), ("", "script_empty")])
def test_a_fault_of_the_script_does_not_hide_an_unknown_voice(script: str, code: str) -> None:
    row = {"script": script, "voice_id": "nobody-knows-me"}
    assert faults(sheet(row)) == [(1, "script", code), (1, "voice_id", "unknown_voice")]


@needs_the_bucket
def test_a_host_is_looked_up_once_for_all_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def counted(host: str, *_: object, **__: object) -> list[tuple[object, ...]]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8", 443))]

    monkeypatch.setattr(socket, "getaddrinfo", counted)
    rows = [{"script": "Hello.", "background_url": f"https://cdn.example/{number}.mp4"} for number in range(20)]
    assert len(reels(sheet(*rows))) == 20
    assert asked == ["cdn.example"]


@needs_the_bucket
def test_the_hosts_of_a_file_are_looked_up_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    together = threading.Barrier(20)

    def private(*_: object, **__: object) -> list[tuple[object, ...]]:
        together.wait(1)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.1", 443))]

    monkeypatch.setattr(socket, "getaddrinfo", private)
    rows = [{"script": "Hello.", "background_url": f"https://slow-{number}.example/"} for number in range(20)]
    assert faults(sheet(*rows)) == [(number, "background_url", "url_forbidden") for number in range(1, 21)]


def test_rows_are_counted_no_further_than_to_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[None] = []
    table = csv_reader.read

    def counted(data: bytes) -> csv_reader.Table:
        found = table(data)
        return csv_reader.Table(found.columns, (read.append(None) or row for row in found.rows))  # type: ignore[func-returns-value]

    monkeypatch.setattr(csv_reader, "read", counted)
    with pytest.raises(PlanLimit):
        reels(sheet(*[{"script": "Hello."}] * 50), most_rows=5)
    assert len(read) == 6


def test_a_batch_may_have_so_many_rows_and_no_more() -> None:
    rows = [{"script": "Hello."}] * 5
    assert len(reels(sheet(*rows), most_rows=5)) == 5
    with pytest.raises(PlanLimit) as raised:
        reels(sheet(*rows, {"script": "", "platform": "myspace"}), most_rows=5)
    assert (raised.value.code, raised.value.status) == ("plan_limit", 403)
    assert "more than 5 rows" in raised.value.detail


def test_without_a_script_column_the_columns_that_were_found_are_named() -> None:
    with pytest.raises(Invalid, match="text, platform") as raised:
        reels(b"Text;Platform\nHello;tiktok\n")
    assert raised.value.code == "csv_columns"


def test_a_header_alone_is_no_batch() -> None:
    with pytest.raises(Invalid) as raised:
        reels(b"script,platform\n,\n")
    assert raised.value.code == "csv_empty"


@pytest.mark.slow
@given(
    st.lists(
        st.fixed_dictionaries(
            {"script": st.sampled_from(["Hello there.", "?"])},
            optional={"platform": st.sampled_from([*PLATFORMS, "", "myspace"]), "title": st.text('a ,"\n', max_size=5)},
        ),
        min_size=1,
        max_size=8,
    )
)
def test_every_row_is_a_reel_or_a_fault_of_its_number(rows: list[dict[str, str]]) -> None:
    bad = {n for n, row in enumerate(rows, 1) if row["script"] == "?" or row.get("platform") == "myspace"}
    if bad:
        assert {row for row, *_ in faults(sheet(*rows))} == bad
    else:
        assert [reel.row for reel in reels(sheet(*rows))] == list(range(1, len(rows) + 1))


def test_voices_are_looked_up_once_for_all_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    look_up, times = voice_selection.installed_voices, []

    def count() -> tuple[Voice, ...]:
        times.append(1)
        return look_up()

    monkeypatch.setattr(voice_selection, "installed_voices", count)
    file = b"script,format\n" + b"Hello there.,reel\nHello there.,avatar\n" * 20
    assert len(reels(file)) == 40
    assert len(times) == 1
