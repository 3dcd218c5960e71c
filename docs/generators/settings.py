"""The page of settings.

Names, values and defaults are those of the models (core/settings.py and the platforms' own); the meaning is the comment
above the setting in .env.example, which has them all (tests/cli/test_env_example.py).
"""

import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from types import UnionType
from typing import Any, Final, Literal, get_args, get_origin

from annotated_types import Ge
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from content_pipeline.cli.stack_config import ROOT
from content_pipeline.core.platforms.registry import PLATFORMS
from content_pipeline.core.settings import PREFIX, Settings
from docs.generators.markdown import table

_EXAMPLE: Final = ROOT / ".env.example"
_SETTING: Final = re.compile(rf"#?{PREFIX}(\w+)=")
_HEADING: Final = "## "
_FIELDS: Final[dict[str, FieldInfo]] = {
    name.upper(): field
    for model in (Settings, *(spec.app_settings for spec in PLATFORMS.values()))
    for name, field in model.model_fields.items()
}
_WORDS: Final[dict[Any, str]] = {
    str: "text",
    int: "integer",
    float: "number",
    bool: "`true` or `false`",
    Path: "folder",
    SecretStr: "secret",
    list[str]: "list",
    list[SecretStr]: "list of secrets",
}
_HEAD: Final = """\
# Settings

`make reference` writes this page from `content_pipeline/core/settings.py`, the platforms' settings, and the comments of
[.env.example](../../.env.example).

A setting is an environment variable, or a line of `.env` in the folder where a command starts; the environment wins.
Lists are separated by commas. What is empty counts as not set. `content-pipeline up` writes what it has chosen for its
embedded services to `stack.env` in the state folder, where every other command finds it. `content-pipeline doctor`
says what is missing or unsafe, and [the errors](errors.md) say which setting to change.

Two more are set by the stack itself: `CONTENT_PIPELINE_LANE`, the lane of a worker, and `CONTENT_PIPELINE_EMBEDDED`.
"""


def as_markdown() -> str:
    return "\n".join([_HEAD, *_sections()])


def _sections() -> Iterator[str]:
    """The headings, a paragraph for each comment, and the table of the settings that it is about."""
    text = _EXAMPLE.read_text()
    lines = [line for line in text[text.index(_HEADING) :].splitlines() if line]
    for (is_heading, is_setting), group in groupby(lines, key=_kind):
        if is_heading:
            yield from (f"{line}\n" for line in group)
        elif is_setting:
            yield table(("Setting", "Value", "Default"), map(_row, group))
            yield ""
        else:
            yield " ".join(line.removeprefix("#").strip() for line in group).replace("<", "\\<") + "\n"


def _kind(line: str) -> tuple[bool, bool]:
    return line.startswith(_HEADING), _SETTING.match(line) is not None


def _row(line: str) -> tuple[str, str, str]:
    name = line.partition("=")[0].removeprefix("#").removeprefix(PREFIX)
    field = _FIELDS[name]
    return f"`{PREFIX}{name}`", _value(field), _default(field)


def _value(field: FieldInfo) -> str:
    kind = field.annotation
    if isinstance(kind, UnionType):
        kind = next(each for each in get_args(kind) if each is not type(None))
    if get_origin(kind) is Literal:
        return ", ".join(f"`{choice}`" for choice in get_args(kind))
    bounds = [f", at least {limit.ge}" for limit in field.metadata if isinstance(limit, Ge)]
    return "".join([_WORDS[kind], *bounds])


def _default(field: FieldInfo) -> str:
    if field.default_factory:
        return "of this machine"
    default = field.default.get_secret_value() if isinstance(field.default, SecretStr) else field.default
    if default in ("", [], None):
        return "none"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"
