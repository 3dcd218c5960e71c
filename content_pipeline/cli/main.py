"""The command `content-pipeline` (click). Heavy modules are imported where used, to keep `--help` fast."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from content_pipeline.cli.key_options import Expiry, Scopes
from content_pipeline.cli.messages import fit
from content_pipeline.core.errors import Error, Invalid, Unavailable

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_NOT_READY = 3
_INTERRUPTED = 130
_TIME = "%Y-%m-%d %H:%M %Z"


def main() -> None:
    try:
        if os.geteuid() == 0:
            _drop_root()
        sys.exit(cli.main(standalone_mode=False))
    except click.Abort:
        sys.exit(_INTERRUPTED)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except Error as error:
        # Colored after the lines are broken: what colors a word is not shown, but would count.
        text = fit(f"Error: {error.detail}\n{error.remedy}".rstrip())
        click.echo(text.replace("Error:", click.style("Error:", fg="red"), 1), err=True)
        sys.exit(1)


def _drop_root() -> None:
    """Go on as the owner of the state folder, in a process that replaces this one."""
    from content_pipeline.cli import preflight, privileges

    home, command = _home(), sys.argv[1:2]
    starts = command in (["up"], ["demo"])
    if starts:
        preflight.make_home(home)
    if home.exists():
        privileges.check_state_folder(home)
        privileges.hand_over(home)
    if command == ["demo"]:
        from content_pipeline.cli import demo

        demo.OUTPUT.mkdir(exist_ok=True)
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
    home = _home()
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
    _stop(_home())


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

    home = _home()
    rows = stack.status(home)
    if not rows:
        click.echo(f"Nothing is running in {home}.")
        return _NOT_READY
    display.show(rows)
    return 0 if all(row.is_healthy for row in rows) else _NOT_READY


def _complete_service(_context: click.Context, _parameter: click.Parameter, typed: str) -> list[str]:
    from content_pipeline.cli import logs

    with suppress(Error):  # there are no logs yet
        return [log.service for log in logs.find(_home()) if log.service.startswith(typed)]
    return []


@cli.command("logs")
@click.argument("service", required=False, shell_complete=_complete_service)
@click.option("--follow", "-f", is_flag=True, help="Go on with the lines that are added, until Ctrl-C.")
def show_logs(service: str | None, follow: bool) -> None:
    """Show the last lines of the logs of all services, or of one, such as api, daemon or media."""
    from content_pipeline.cli import logs

    chosen = logs.find(_home(), service)
    width = max(len(log.service) for log in chosen)
    with suppress(KeyboardInterrupt):
        for name, line in logs.lines(chosen, follow=follow):
            click.echo(line if service else f"{click.style(name.ljust(width), fg='cyan')} {line}")


@cli.command("doctor")
def run_doctor() -> int:
    """Check the external services that are set up, and their balances. Exit status 3 unless all are well."""
    from content_pipeline.cli import doctor

    _home()
    results = list(doctor.checks())
    for check in results:
        mark = click.style("✓", fg="green") if check.is_healthy else click.style("✗", fg="red")
        click.echo(fit(f"{mark} {check.service}  {check.detail}"))
    if not results:
        click.echo("No external service is set up.")
    return 0 if all(check.is_healthy for check in results) else _NOT_READY


@cli.command("demo")
def run_demo() -> None:
    """Make captions, reels, posts and a talking head, and read figures. Stops the stack afterwards if it started it."""
    from content_pipeline.cli import demo, demo_social, display, stack
    from content_pipeline.core.settings import settings

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    home = _home()
    running = stack.launch_or_attach(home)
    try:
        click.echo(f"{'Starting' if running.is_new else 'Using the running stack'} in {home}")
        with display.progress() as progress:
            running.start(progress)
        key = _new_key("demo", redirect_uris=[demo_social.REDIRECT_URI])
        demo.run(settings(), key)
    finally:
        if running.is_new:
            click.echo("Stopping the stack. `make up` starts it again, with everything the demo made.")
            running.stop()


@cli.command("mcp")
def serve_agents() -> None:
    """Serve the tools for agents over standard input and output, for clients that start a program.

    They call the API at CONTENT_PIPELINE_PUBLIC_URL with the key in CONTENT_PIPELINE_API_KEY.
    """
    from content_pipeline.core.settings import settings

    _home()
    if not settings().api_key.get_secret_value():
        raise Invalid(
            "There is no API key to call the API with.",
            remedy="Set CONTENT_PIPELINE_API_KEY to one that `content-pipeline keys create` printed.",
        )
    os.execv(sys.executable, [sys.executable, "-m", "api.agents.stdio"])  # noqa: S606  # no shell


@cli.group()
def keys() -> None:
    """Create, list and revoke API keys."""


@keys.command("create")
@click.option("--workspace", required=True, help="Name of the workspace; created if it does not exist.")
@click.option("--plan", help="Plan of a new workspace: starter or studio. [default: studio]")
@click.option(
    "--redirect-uri",
    "redirect_uris",
    multiple=True,
    help="OAuth redirect URI of your app, where users return after connecting an account. May be repeated.",
)
@click.option("--name", default="unnamed", help="What the key is for.")
@click.option("--scopes", type=Scopes(), help="Some of read,create,publish,admin. [default: all]")
@click.option(
    "--expires", "expires_at", type=Expiry(), help="A duration such as 90d or 12h, or a time. [default: never]"
)
def create_key(workspace: str, **options: Any) -> None:
    """Create an API key and print it. It cannot be shown again: only its hash is stored."""
    _home()
    given = {name: value for name, value in options.items() if value is not None}
    click.echo(_new_key(workspace, **given))


def _new_key(workspace: str, **options: Any) -> str:
    from content_pipeline.core.workspaces import workspaces

    with _session() as session:
        return workspaces.create_key(session, workspace=workspace, **options)


@keys.command("list")
@click.option("--workspace", required=True, help="Name of the workspace.")
def list_keys(workspace: str) -> None:
    """List a workspace's keys, newest first: id, last characters, name, scopes, and when what happened to each."""
    from content_pipeline.core.workspaces import api_keys, workspaces

    _home()
    with _session() as session:
        for key in api_keys.list_all(session, workspaces.named(session, workspace).id):
            click.echo(f"{key.id}  …{key.hint}  {key.name}  {','.join(key.scopes)}")
            times = {
                "created": key.created_at,
                "last used": key.last_used_at,
                "expires": key.expires_at,
                "revoked": key.revoked_at,
            }
            click.echo(f"  {', '.join(f'{what} {at:{_TIME}}' for what, at in times.items() if at)}")


@keys.command("revoke")
@click.argument("key_id", metavar="ID", type=click.UUID)
def revoke_key(key_id: UUID) -> None:
    """Revoke a key by its id (see `keys list`)."""
    from content_pipeline.core.workspaces import api_keys

    _home()
    with _session() as session:
        api_keys.revoke_as_operator(session, key_id)
    click.echo("Revoked.")


@cli.group("workspaces")
def workspaces_group() -> None:
    """Grant credits to workspaces, and show what they have used."""


@workspaces_group.command("grant")
@click.argument("name")
@click.argument("amount", type=click.IntRange(min=1))
@click.option("--note", help="Why, for the ledger.")
def grant_credits(name: str, amount: int, note: str | None) -> None:
    """Grant AMOUNT credits to the workspace NAME. They stay until they are spent."""
    from content_pipeline.core.credits import credits
    from content_pipeline.core.workspaces import audit, workspaces

    _home()
    with _session() as session:
        workspace = workspaces.named(session, name)
        credits.grant(session, workspace.id, amount, note)
        audit.record(session, workspace.id, audit.OPERATOR, "credits.grant", "workspace", workspace.id)
        available = credits.balance(session, workspace.id).available
    click.echo(f"Granted {amount:,} credits; {available:,} are available.")


@workspaces_group.command("usage")
@click.argument("name")
def show_usage(name: str) -> None:
    """Show the plan, the credits and this month's tasks of the workspace NAME."""
    from content_pipeline.core.credits import usage
    from content_pipeline.core.workspaces import workspaces

    _home()
    with _session() as session:
        used = usage.get(session, workspaces.named(session, name).id)
    balance = used.balance
    click.echo(f"plan       {used.plan.name}, {used.plan.credits:,} credits a month")
    click.echo(f"available  {balance.available:,}")
    click.echo(f"granted    {balance.granted:,}")
    click.echo(f"held       {balance.held:,}")
    click.echo(f"charged    {balance.charged:,}, of them {used.charged:,} in {used.start:%B %Y}")
    click.echo(f"tasks      {', '.join(f'{count:,} {kind}' for kind, count in used.tasks.items()) or 'none'}")


@cli.group("analysts")
def analysts_group() -> None:
    """Create, list and drop analysts: read-only database roles for the schema analytics (docs/analytics.md)."""


@analysts_group.command("create")
@click.argument("name")
@click.option("--workspace", help="Name of the workspace whose rows it sees. [default: all]")
def create_analyst(name: str, workspace: str | None) -> None:
    """Create the role NAME and print its connection URL. It cannot be shown again: the password is not stored."""
    from content_pipeline.core.analytics import analysts

    _home()
    with _session() as session:
        url = analysts.create(session, name, workspace)
    click.echo(url)


@analysts_group.command("rotate")
@click.argument("name")
def rotate_analyst(name: str) -> None:
    """Give the analyst NAME a new password, end its sessions, and print its connection URL."""
    from content_pipeline.core.analytics import analysts

    _home()
    with _session() as session:
        url = analysts.rotate(session, name)
    click.echo(url)


@analysts_group.command("list")
def list_analysts() -> None:
    """List all analysts: name, workspace, when each was created, and how many sessions are open."""
    from content_pipeline.core.analytics import analysts

    _home()
    with _session() as session:
        for analyst in analysts.list_all(session):
            sees = analyst.workspace or "all workspaces"
            state = "its role is missing" if analyst.sessions is None else f"{analyst.sessions} sessions"
            click.echo(f"{analyst.name}  {sees}  created {analyst.created_at:{_TIME}}  {state}")


@analysts_group.command("drop")
@click.argument("name")
def drop_analyst(name: str) -> None:
    """End the sessions of the analyst NAME, and drop its role."""
    from content_pipeline.core.analytics import analysts

    _home()
    with _session() as session:
        analysts.drop(session, name)
    click.echo("Dropped.")


@contextmanager
def _session() -> Iterator["Session"]:
    from content_pipeline.core.database import transaction

    with _reachable_database(), transaction() as session:
        yield session


@cli.command()
def reencrypt() -> None:
    """Re-encrypt all stored secrets with the first encryption key, so that the others can be removed.

    Exits with 1 when some could not be decrypted, and names them: keep the other keys then.
    """
    from content_pipeline.core.maintenance import key_rotation

    _home()
    with _reachable_database():
        done = key_rotation.reencrypt()
    click.echo(f"Rows re-encrypted: {done.reencrypted}.")
    if not done.failed:
        return
    click.echo(f"Rows that could not be decrypted: {len(done.failed)}.", err=True)
    for row, error in done.failed.items():
        click.echo(f"{row}: {error.detail} {error.remedy}", err=True)
    click.get_current_context().exit(1)


@contextmanager
def _reachable_database() -> Iterator[None]:
    from sqlalchemy.exc import ArgumentError, OperationalError

    try:
        yield
    except (ArgumentError, OperationalError) as error:
        raise Unavailable("The database does not answer.", remedy="Start it with `content-pipeline up`.") from error


def _home() -> Path:
    """The state folder. Makes its path absolute for this process and its children."""
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
    if settings().dagster_read_only_port:
        click.echo(f"         http://127.0.0.1:{settings().dagster_read_only_port} (read-only)")
    if settings().platforms == "sandbox":
        click.echo(f"Posts    {settings().sandbox_url}")
