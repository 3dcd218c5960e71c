"""The page of the command `content-pipeline`: what `--help` prints of it and of each of its commands."""

from collections.abc import Iterator
from typing import Final

import click

from content_pipeline.cli.main import cli
from content_pipeline.cli.messages import COLUMNS

_HEAD: Final = """\
# Commands

`make reference` writes this page from `content_pipeline/cli/`: what `content-pipeline --help` prints, and that of each
command.
"""


def as_markdown() -> str:
    return "\n".join([_HEAD, *_help(cli, "content-pipeline", None)])


def _help(command: click.Command, name: str, parent: click.Context | None) -> Iterator[str]:
    context = click.Context(command, info_name=name, parent=parent, terminal_width=COLUMNS)
    yield f"## `{context.command_path}`\n\n```text\n{command.get_help(context)}\n```\n"
    if isinstance(command, click.Group):
        for each in command.list_commands(context):
            yield from _help(command.commands[each], each, context)
