"""Validates the rows of a bulk CSV into requests for videos; collects the errors of all rows before it raises."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter
from typing import Any, Final, Literal, TypeVar, get_args
from uuid import UUID

from content_pipeline.core.avatars import avatar_catalog
from content_pipeline.core.bulk import csv_media, csv_reader
from content_pipeline.core.bulk.csv_media import Cell
from content_pipeline.core.bulk.csv_reader import Table
from content_pipeline.core.errors import Error, Invalid, PlanLimit, TooManyRequests, Unavailable, UpstreamError
from content_pipeline.core.library import sources
from content_pipeline.core.media.pace import MAX_PAUSE, MAX_SPEED, MIN_SPEED
from content_pipeline.core.media.reels import animation_names, end_card
from content_pipeline.core.platforms.registry import PLATFORMS
from content_pipeline.core.reels.reel_spec import ReelSpec, valid_script
from content_pipeline.core.settings import settings
from content_pipeline.core.speech import voice_selection
from content_pipeline.core.speech.voice_types import Voice

# `background_url` and `music_url` are aliases of `background` and `music`. Each takes a link or an id.
_COLUMNS: Final = (
    "script",
    "platform",
    "format",
    "voice_id",
    "speed",
    "pause",
    "avatar_id",
    "title",
    "background",
    "background_url",
    "music",
    "music_url",
    "caption_animation",
    "call_to_action",
)
_MEDIA: Final = {"background": sources.BACKGROUND, "music": sources.MUSIC}
Format = Literal["reel", "avatar"]
_FORMATS: Final[tuple[Format, ...]] = get_args(Format)
_TITLE_CHARACTERS: Final = 120
# Errors of `voice_selection.choose_voice` that concern the script, not the voice.
_SCRIPT_ERROR_CODES: Final = frozenset({"nothing_to_say", "language_unspoken", "character_unspoken"})
# Control characters are dropped except line break and tab; vertical tab, form feed and NEL become line breaks.
_CONTROL_CHARACTERS: Final[dict[int, str | None]] = {
    **dict.fromkeys([*range(0x20), *range(0x7F, 0xA0)]),
    **{ord(character): character for character in "\n\t"},
    **dict.fromkeys(map(ord, "\v\f\x85"), "\n"),
}

_Parsed = TypeVar("_Parsed")


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoRow(ReelSpec):
    """One video of a CSV. `row` counts from 1, the first row below the header; `avatar_id` is "" for the twin's own."""

    row: int
    format: Format = "reel"
    avatar_id: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A parsed CSV. `ignored_columns` are unknown: misspelled, or for another program."""

    rows: list[VideoRow]
    ignored_columns: list[str]


def parse(data: bytes, *, workspace_id: UUID, platform: str, voice_id: str, most_rows: int) -> Sheet:
    """Parse and validate a CSV of a workspace; `platform` and `voice_id` are defaults for rows without their own.

    Raises what `csv_reader.read` raises, Invalid `csv_columns` without a script column and `csv_empty` without rows,
    PlanLimit over `most_rows` rows, what HeyGen's catalog raises when it cannot be read, and Invalid `csv_rows_invalid`
    whose `errors` list every problem: `{"row", "column", "code", "detail", "remedy"}`, where column is None for the row
    as a whole.
    """
    errors: list[dict[str, Any]] = []
    rows = []
    table = _table(data)
    for number, cells in enumerate(_rows(table, most_rows), start=1):
        if isinstance(cells, Invalid):
            errors.append(_error_entry(number, None, cells))
        else:
            rows.append(_Row(number, cells, errors))
    media = csv_media.locate(workspace_id, {cell for row in rows for cell in row.media()})
    installed = voice_selection.installed_voices()
    videos = [video for row in rows if (video := _video(row, platform, voice_id, media, installed))]
    if errors:
        bad = len({error_entry["row"] for error_entry in errors})
        raise Invalid(
            f"{bad} {'row' if bad == 1 else 'rows'} of the CSV cannot become videos.",
            code="csv_rows_invalid",
            remedy="Correct what `errors` lists and send the whole file again; nothing was stored.",
            errors=sorted(errors, key=itemgetter("row")),
        )
    return Sheet(videos, [name for name in table.columns if name and name not in _COLUMNS])


def _table(data: bytes) -> Table:
    table = csv_reader.read(data)
    if "script" not in table.columns:
        found = ", ".join(filter(None, table.columns))
        raise Invalid(
            f"The CSV has no column named script; its first line reads: {found[:200]}.",
            code="csv_columns",
            remedy="Begin the file with a line of column names: script, and if you like platform and voice_id.",
        )
    return table


def _rows(table: Table, most_rows: int) -> Sequence[dict[str, str] | Invalid]:
    rows = list(islice(table.rows, most_rows + 1))
    if len(rows) > most_rows:
        raise PlanLimit(
            f"The CSV has more than {most_rows:,} rows, which is what your plan allows in a batch.",
            remedy="Split the file, or move to a larger plan.",
        )
    if not rows:
        raise Invalid("The CSV has no rows.", code="csv_empty", remedy="Put one script in each line below the header.")
    return rows


@dataclass(frozen=True, slots=True)
class _Row:
    """A row during validation. Errors are collected instead of raised, so that all are reported at once."""

    number: int
    cells: dict[str, str]
    errors: list[dict[str, Any]]

    def cell(self, column: str) -> str:
        return self.cells.get(column, "").translate(_CONTROL_CHARACTERS).strip()

    def media(self) -> list[Cell]:
        """The cells that name a file."""
        cells = ((self.cell(self.media_column(name)), kinds) for name, kinds in _MEDIA.items())
        return [(cell, kinds) for cell, kinds in cells if cell]

    def media_column(self, name: str) -> str:
        """The column that names the background or the music: this or its alias."""
        return name if self.cell(name) else f"{name}_url"

    def parse(self, column: str, read: Callable[[str], _Parsed]) -> _Parsed | None:
        """The parsed cell, or None after recording the error. Raises those of other services: no row is at fault."""
        try:
            return read(self.cell(column))
        except (TooManyRequests, Unavailable, UpstreamError):
            raise
        except Error as error:
            self.errors.append(
                _error_entry(self.number, "script" if error.code in _SCRIPT_ERROR_CODES else column, error)
            )
            return None


def _video(
    row: _Row, platform: str, voice_id: str, media: Mapping[Cell, str | Error], installed: Sequence[Voice]
) -> VideoRow | None:
    """`media` are the locations that cells name, or their errors."""

    def locate(name: str) -> str | None:
        return row.parse(row.media_column(name), lambda cell: _located(media[cell, _MEDIA[name]]) if cell else None)

    script = row.parse("script", valid_script)
    # Check the voice even if the script is invalid, without language detection over megabytes.
    words = row.cell("script")[: settings().script_characters] or "Hello"
    form = row.parse("format", _format)
    if form == "avatar":
        provider = settings().avatar_provider
        row.parse("voice_id", lambda cell: avatar_catalog.check_voice(provider, cell or voice_id, words, installed))
        row.parse("avatar_id", lambda cell: avatar_catalog.check_avatar(provider, cell))
        row.parse("music", lambda cell: _check_no_music(cell or row.cell("music_url")))
        row.parse("call_to_action", _check_no_call_to_action)
    else:
        row.parse("voice_id", lambda cell: voice_selection.choose_voice(cell or voice_id, words, installed))
    speed = row.parse("speed", lambda cell: _number(cell, "speed", MIN_SPEED, MAX_SPEED))
    pause = row.parse("pause", lambda cell: _number(cell, "pause", 0.0, MAX_PAUSE))
    target = row.parse("platform", lambda cell: _platform(cell or platform))
    title = row.parse("title", _title)
    call_to_action = row.parse("call_to_action", _call_to_action)
    background_url, music_url = locate("background"), locate("music")
    animation = row.parse("caption_animation", lambda cell: animation_names.parse(cell) if cell else None)
    if script is None or target is None or form is None:
        return None
    return VideoRow(
        row=row.number,
        script=script,
        platform=target,
        voice_id=row.cell("voice_id") or voice_id,
        speed=speed,
        pause=pause,
        title=title,
        background_url=background_url,
        music_url=music_url,
        caption_animation=animation,
        call_to_action=call_to_action,
        format=form,
        avatar_id=row.cell("avatar_id"),
    )


def _located(found: str | Error) -> str:
    if isinstance(found, Error):
        raise found
    return found


def _error_entry(row: int, column: str | None, error: Error) -> dict[str, Any]:
    return {"row": row, "column": column, "code": error.code, "detail": error.detail, "remedy": error.remedy}


def _platform(name: str) -> str:
    for platform in PLATFORMS:
        if platform == name.lower():
            return platform
    raise Invalid(
        f"There is no platform named {name[:50]!r}.",
        code="unknown_platform",
        remedy=f"Choose one of: {', '.join(PLATFORMS)}.",
    )


def _format(cell: str) -> Format:
    for known in _FORMATS:
        if known == (cell.lower() or "reel"):
            return known
    raise Invalid(
        f"There is no format named {cell[:50]!r}.",
        code="unknown_format",
        remedy=f"Take one of: {', '.join(_FORMATS)}; an empty cell is a reel.",
    )


def _number(cell: str, column: str, least: float, most: float) -> float | None:
    """The number in the cell, which may have a decimal comma, as where semicolons part the cells; None if empty."""
    if not cell:
        return None
    with suppress(ValueError):
        if least <= (number := float(cell.replace(",", "."))) <= most:
            return number
    raise Invalid(
        f"The {column} {cell[:50]!r} is not a number from {least:g} to {most:g}.",
        code=f"{column}_unfit",
        remedy="Write a number in this range, or leave the cell empty for the twin's.",
    )


def _check_no_music(music_url: str) -> None:
    if music_url:
        raise Invalid("An avatar video has no music.", code="music_unfit", remedy="Leave the cell empty.")


def _check_no_call_to_action(cell: str) -> None:
    if cell:
        raise Invalid(
            "An avatar video has no end card.", code="call_to_action_unfit", remedy="Leave the cell empty, or say it."
        )


def _title(cell: str) -> str | None:
    return _line(cell, "title", _TITLE_CHARACTERS)


def _call_to_action(cell: str) -> str | None:
    return _line(cell, "call_to_action", end_card.MAX_CHARACTERS)


def _line(cell: str, column: str, most: int) -> str | None:
    """The cell as one line of at most `most` characters; None for an empty one."""
    line = " ".join(cell.split())
    if len(line) > most:
        raise Invalid(
            f"The {column.replace('_', ' ')} has {len(line):,} characters; at most {most} are allowed.",
            code=f"{column}_too_long",
            remedy="Shorten it.",
        )
    return line or None
