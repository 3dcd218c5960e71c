"""The command `content-pipeline`. Heavy modules are imported where they are used: `--help` answers at once."""

import os
import signal
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import click

from content_pipeline.core.errors import Error, Invalid, Unavailable

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_NOT_READY = 3
_INTERRUPTED = 130
_TIME = "%Y-%m-%d %H:%M %Z"


def main() -> None:
    try:
        sys.exit(cli.main(standalone_mode=False))
    except click.Abort:
        sys.exit(_INTERRUPTED)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except Error as error:
        click.echo(f"{click.style('Error:', fg='red')} {error.detail}\n{error.remedy}".rstrip(), err=True)
        sys.exit(1)


@click.group()
def cli() -> None:
    """Recordings, scripts and videos in; captions, reels and published posts out."""


@cli.command()
@click.option("--detach", is_flag=True, help="Return when everything is ready, and leave it running.")
def up(detach: bool) -> int:
    """Start everything and wait until it is ready. Ctrl-C stops it in order, a second Ctrl-C at once."""
    from content_pipeline.cli import display, stack

    # Whoever stops this process means the stack, as with Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    home = _home()
    try:
        running = stack.launch_or_attach(home)
        click.echo(f"{'Starting' if running.is_new else 'Already running'} in {home}")
        with display.progress() as progress:
            running.start(progress)
        _show_addresses()
        if not detach:
            click.echo("Ctrl-C stops it.")
            running.watch()
            click.echo("Stopped.")
    except KeyboardInterrupt:
        _stop(home)
        return _INTERRUPTED
    return 0


@cli.command()
def down() -> None:
    """Stop everything in order. Work that is under way goes on at the next `up`."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    _stop(_home())


def _stop(home: Path) -> None:
    from content_pipeline.cli import stack

    try:
        click.echo("Stopping; Ctrl-C stops at once.")
        stopped = stack.stop(home)
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        stopped = stack.stop_at_once(home)
    click.echo("Stopped." if stopped else "Nothing was running.")


@cli.command()
def status() -> int:
    """Show every part: its state, process, port, uptime and page. Ends with 3 unless all are ready."""
    from content_pipeline.cli import display, stack

    home = _home()
    rows = stack.status(home)
    if not rows:
        click.echo(f"Nothing is running in {home}.")
        return _NOT_READY
    display.show(rows)
    return 0 if all(row.is_healthy for row in rows) else _NOT_READY


@cli.command("demo")
def run_demo() -> None:
    """Captions, reels and posts, through the API. Stops the stack afterwards if it had to start it."""
    from content_pipeline.cli import demo, demo_social, display, stack
    from content_pipeline.core.settings import settings

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    home = _home()
    running = stack.launch_or_attach(home)
    try:
        click.echo(f"{'Starting' if running.is_new else 'Using what runs'} in {home}")
        with display.progress() as progress:
            running.start(progress)
        key = _new_key("demo", redirect_uris=[demo_social.REDIRECT_URI])
        demo.run(settings().public_url, settings().dagster_url, settings().sandbox_url, key)
    finally:
        if running.is_new:
            click.echo("Stopping what was started; `make up` starts it for use, with all that was made.")
            running.stop()


@cli.group()
def keys() -> None:
    """API keys."""


@keys.command("create")
@click.option("--workspace", required=True, help="Name of the workspace; made if it is new.")
@click.option("--plan", help="Plan of a new workspace: starter or studio. [default: studio]")
@click.option(
    "--redirect-uri",
    "redirect_uris",
    multiple=True,
    help="Address of yours that people are sent back to after they connected an account. May be given several times.",
)
def create_key(workspace: str, plan: str | None, redirect_uris: tuple[str, ...]) -> None:
    """Make one more API key and print it. It is shown this once: only its hash is kept."""
    _home()
    click.echo(_new_key(workspace, plan, redirect_uris=redirect_uris))


def _new_key(workspace: str, plan: str | None = None, *, redirect_uris: Iterable[str]) -> str:
    from content_pipeline.core.workspaces import workspaces

    with _session() as session:
        return workspaces.create_key(session, workspace=workspace, plan=plan, redirect_uris=redirect_uris)


@keys.command("list")
@click.option("--workspace", required=True, help="Name of the workspace.")
def list_keys(workspace: str) -> None:
    """Show a workspace's keys, newest first: id, last characters, and when each was made and revoked."""
    from content_pipeline.core.workspaces import workspaces

    _home()
    with _session() as session:
        for key in workspaces.keys(session, workspace):
            revoked = f"  revoked {key.revoked_at:{_TIME}}" if key.revoked_at else ""
            click.echo(f"{key.id}  …{key.hint}  made {key.created_at:{_TIME}}{revoked}")


@keys.command("revoke")
@click.argument("key_id", metavar="ID", type=click.UUID)
def revoke_key(key_id: UUID) -> None:
    """End a key, by its id of `keys list`."""
    from content_pipeline.core.workspaces import workspaces

    _home()
    with _session() as session:
        workspaces.revoke(session, key_id)
    click.echo("Revoked. The API may take it for a few seconds more.")


@contextmanager
def _session() -> Iterator["Session"]:
    from content_pipeline.core.database import transaction

    with _database_that_answers(), transaction() as session:
        yield session


@cli.command()
def reencrypt() -> None:
    """Re-encrypt all stored secrets with the first encryption key, so that the others can be removed."""
    from content_pipeline.core.maintenance import key_rotation

    _home()
    with _database_that_answers():
        click.echo(f"Rows encrypted anew: {key_rotation.reencrypt()}.")


@contextmanager
def _database_that_answers() -> Iterator[None]:
    from sqlalchemy.exc import ArgumentError, OperationalError

    try:
        yield
    except (ArgumentError, OperationalError) as error:
        raise Unavailable("The database does not answer.", remedy="Start it with `content-pipeline up`.") from error


def _home() -> Path:
    """The state folder, absolute from here on, in this process and in whatever it starts."""
    from pydantic import ValidationError

    from content_pipeline.cli.state import UserSettings
    from content_pipeline.core.settings import PREFIX

    try:
        home = UserSettings().home.resolve()
    except ValidationError as error:
        first = error.errors()[0]
        name = f"{PREFIX}{'_'.join(map(str, first['loc'])).upper()}"
        raise Invalid(f"The setting {name} cannot be used: {first['msg']}.", remedy="See .env.example.") from error
    except PermissionError as error:
        raise Invalid(
            f"{error.filename} belongs to another user.", remedy="Set CONTENT_PIPELINE_HOME to a folder of yours."
        ) from error
    os.environ[f"{PREFIX}HOME"] = str(home)
    return home


def _show_addresses() -> None:
    from content_pipeline.core.settings import settings

    click.echo(f"API      {settings().public_url}/docs")
    click.echo(f"Dagster  {settings().dagster_url}")
    if settings().platforms == "sandbox":
        click.echo(f"Posts    {settings().sandbox_url}")
