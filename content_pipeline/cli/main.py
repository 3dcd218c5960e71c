"""The command `content-pipeline` (click). Heavy modules are imported where used, to keep `--help` fast."""

import os
import signal
import sys
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import NoReturn

import click

from content_pipeline.cli import command_context
from content_pipeline.cli.analysts import analysts_group
from content_pipeline.cli.backup_commands import release_posts, restore_backup, take_backup
from content_pipeline.cli.keys import keys, new_key
from content_pipeline.cli.messages import fit
from content_pipeline.cli.models import models_group
from content_pipeline.cli.tasks import tasks_group
from content_pipeline.cli.workspaces import workspaces_group
from content_pipeline.core.errors import Error, Invalid

_UNUSABLE = 2  # the same as click's for a wrong argument
_NOT_READY = 3
_INTERRUPTED = 130


def main() -> None:
    try:
        # Root installs into an environment of root's.
        if os.geteuid() == 0 and sys.argv[1:2] != [models_group.name]:
            _drop_root()
        sys.exit(cli.main(standalone_mode=False))
    except click.Abort:
        sys.exit(_INTERRUPTED)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except Error as error:
        # The text is colored after its lines are broken, because invisible color codes would count as width.
        text = fit(f"Error: {error.detail}\n{error.remedy}".rstrip())
        click.echo(text.replace("Error:", click.style("Error:", fg="red"), 1), err=True)
        # Below 500, whoever called has to change something; nothing was begun.
        sys.exit(_UNUSABLE if error.status < 500 else 1)


def _drop_root() -> None:
    """Go on as the owner of the state folder, in a process that replaces this one."""
    from content_pipeline.cli import preflight, privileges

    home, command = command_context.home(), sys.argv[1:2]
    starts = command in (["up"], ["demo"], ["restore"])
    if starts:
        preflight.make_home(home)
    if home.exists():
        privileges.check_state_folder(home)
        privileges.hand_over(home)
    if command == ["demo"]:
        from content_pipeline.cli import demo

        demo.make_output()
        privileges.hand_over(demo.OUTPUT, like=home)
    privileges.restart_as_owner(home, explain=starts)


@click.group()
@click.version_option(package_name="content-pipeline", message="%(package)s %(version)s")
def cli() -> None:
    """Make captions and reels, and publish posts."""


@cli.command()
@click.option("--detach", is_flag=True, help="Return when everything is ready, and leave it running in the background.")
def up(detach: bool) -> int:
    """Start the stack and wait until it is ready. Ctrl-C stops it gracefully, a second Ctrl-C at once."""
    from content_pipeline.cli import display, stack

    # SIGTERM stops the stack, as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    home = command_context.home()
    try:
        running = stack.launch_or_attach(home)
        click.echo(f"{'Starting' if running.is_new else 'Already running'} in {home}")
        with display.progress() as progress:
            running.start(progress)
        _show_addresses()
        if not detach:
            click.echo("Press Ctrl-C to stop.")
            running.watch()
            click.echo("Stopped.")
    except KeyboardInterrupt:
        _stop(home)
        return _INTERRUPTED
    return 0


@cli.command()
def down() -> None:
    """Stop the stack gracefully. Unfinished work continues at the next `up`."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    _stop(command_context.home())


def _stop(home: Path) -> None:
    from content_pipeline.cli import stack

    try:
        click.echo("Stopping. Press Ctrl-C to stop at once.")
        stopped = stack.stop(home)
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        stopped = stack.stop_at_once(home)
    click.echo("Stopped." if stopped else "Nothing was running.")


@cli.command()
def status() -> int:
    """Show each service with its state, pid, port, uptime and URL. Exit status 3 unless all are ready."""
    from content_pipeline.cli import display, stack

    home = command_context.home()
    rows = stack.status(home)
    if not rows:
        click.echo(f"Nothing is running in {home}.")
        return _NOT_READY
    display.show(rows)
    return 0 if all(row.is_healthy for row in rows) else _NOT_READY


def _complete_service(_context: click.Context, _parameter: click.Parameter, typed: str) -> list[str]:
    from content_pipeline.cli import logs

    with suppress(Error):  # there are no logs yet
        return [log.service for log in logs.find(command_context.home()) if log.service.startswith(typed)]
    return []


@cli.command("logs")
@click.argument("service", required=False, shell_complete=_complete_service)
@click.option("--follow", "-f", is_flag=True, help="Go on with the lines that are added, until Ctrl-C.")
def show_logs(service: str | None, follow: bool) -> None:
    """Show the last lines of the logs of all services, or of one, such as api, daemon or media."""
    from content_pipeline.cli import logs

    chosen = logs.find(command_context.home(), service)
    width = max(len(log.service) for log in chosen)
    with suppress(KeyboardInterrupt):
        for name, line in logs.lines(chosen, follow=follow):
            click.echo(line if service else f"{click.style(name.ljust(width), fg='cyan')} {line}")


@cli.command("doctor")
def run_doctor() -> int:
    """Check everything that can be wrong, and say what to do. Exit status 3 unless all is well."""
    from content_pipeline.cli import doctor

    is_well = True
    for check in doctor.checks(command_context.home()):
        mark, color = ("!", "yellow") if check.is_for_others else ("✓", "green") if check.is_healthy else ("✗", "red")
        click.echo(fit(f"{click.style(mark, fg=color)} {check.subject}  {check.detail}"))
        is_well &= check.is_healthy
    return 0 if is_well else _NOT_READY


@cli.command("dagster", add_help_option=False, context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def run_dagster(arguments: tuple[str, ...]) -> None:
    """Run Dagster's own command with the environment of the stack, as in `dagster run list`."""
    _become("dagster", arguments)


@cli.command("dg", add_help_option=False, context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def run_dg(arguments: tuple[str, ...]) -> None:
    """Run Dagster's command for projects in the same way, as in `dg check defs`."""
    from content_pipeline.cli.installed_packages import is_installed

    if not is_installed("dagster-dg-cli"):
        raise Invalid(
            "The package dagster-dg-cli is not installed.",
            code="part_missing",
            remedy=f"Run `pip install dagster-dg-cli=={version('dagster')}`; in a checkout, `make install`.",
        )
    _become("dagster_dg_cli.cli", arguments)


def _become(module: str, arguments: tuple[str, ...]) -> NoReturn:
    """Replace this process by a module that is executed with the environment of the stack."""
    from content_pipeline.cli.stack_config import environment_of_services

    environment = environment_of_services(command_context.home())
    os.execve(sys.executable, [sys.executable, "-m", module, *arguments], environment)  # noqa: S606  # no shell


@cli.command("demo")
def run_demo() -> None:
    """Make captions, reels, posts and a talking head, and read figures. Stops the stack afterwards if it started it."""
    from content_pipeline.cli import demo, demo_social, display, stack
    from content_pipeline.core.settings import settings

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    home = command_context.home()
    demo.make_output()
    running = stack.launch_or_attach(home)
    try:
        click.echo(f"{'Starting' if running.is_new else 'Using the running stack'} in {home}")
        with display.progress() as progress:
            running.start(progress)
        key = new_key("demo", redirect_uris=[demo_social.REDIRECT_URI])
        demo.run(settings(), key)
    finally:
        if running.is_new:
            click.echo("Stopping the stack. `content-pipeline up` starts it again, with everything the demo made.")
            running.stop()


@cli.command("mcp")
def serve_agents() -> None:
    """Serve the tools for agents over standard input and output, for clients that start a program.

    They call the API at CONTENT_PIPELINE_PUBLIC_URL with the key in CONTENT_PIPELINE_API_KEY.
    """
    from content_pipeline.core.settings import settings

    command_context.home()
    if not settings().api_key.get_secret_value():
        raise Invalid(
            "There is no API key to call the API with.",
            remedy="Set CONTENT_PIPELINE_API_KEY to one that `content-pipeline keys create` printed.",
        )
    os.execv(sys.executable, [sys.executable, "-m", "api.mcp_server.stdio"])  # noqa: S606  # no shell


@cli.command()
def reencrypt() -> None:
    """Re-encrypt all stored secrets with the first encryption key, so that the others can be removed.

    Exits with 1 when some could not be decrypted, and names them: keep the other keys then.
    """
    from content_pipeline.core.operations.maintenance import encryption_key_rotation

    command_context.home()
    with command_context.reachable_database():
        done = encryption_key_rotation.reencrypt()
    click.echo(f"Rows re-encrypted: {done.reencrypted}.")
    if not done.failed:
        return
    click.echo(f"Rows that could not be decrypted: {len(done.failed)}.", err=True)
    for row, error in done.failed.items():
        click.echo(f"{row}: {error.detail} {error.remedy}", err=True)
    click.get_current_context().exit(1)


for command in (
    analysts_group,
    keys,
    models_group,
    release_posts,
    restore_backup,
    take_backup,
    tasks_group,
    workspaces_group,
):
    cli.add_command(command)


def _show_addresses() -> None:
    from content_pipeline.core.settings import settings

    click.echo(f"API      {settings().public_url}/docs")
    click.echo(f"Dagster  {settings().dagster_url}")
    if settings().dagster_read_only_port:
        click.echo(f"         http://127.0.0.1:{settings().dagster_read_only_port} (read-only)")
    if settings().platforms == "sandbox":
        click.echo(f"Posts    {settings().sandbox_url}")
