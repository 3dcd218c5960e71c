"""The commands `content-pipeline analysts`: create, rotate, list, drop."""

import click

from content_pipeline.cli import command_context
from content_pipeline.cli.command_context import TIME


@click.group("analysts")
def analysts_group() -> None:
    """Create, list and drop analysts: read-only database roles for the schema analytics (docs/guides/analytics.md)."""


@analysts_group.command("create")
@click.argument("name")
@click.option("--workspace", help="Name of the workspace whose rows it sees. [default: all]")
def create_analyst(name: str, workspace: str | None) -> None:
    """Create the role NAME and print its connection URL. It cannot be shown again: the password is not stored."""
    from content_pipeline.core.analytics import analysts

    command_context.home()
    with command_context.session() as session:
        url = analysts.create(session, name, workspace)
    click.echo(url)


@analysts_group.command("rotate")
@click.argument("name")
def rotate_analyst(name: str) -> None:
    """Give the analyst NAME a new password, end its sessions, and print its connection URL."""
    from content_pipeline.core.analytics import analysts

    command_context.home()
    with command_context.session() as session:
        url = analysts.rotate(session, name)
    click.echo(url)


@analysts_group.command("list")
def list_analysts() -> None:
    """List all analysts: name, workspace, when each was created, and how many sessions are open."""
    from content_pipeline.core.analytics import analysts

    command_context.home()
    with command_context.session() as session:
        for analyst in analysts.list_all(session):
            sees = analyst.workspace or "all workspaces"
            state = "its role is missing" if analyst.sessions is None else f"{analyst.sessions} sessions"
            click.echo(f"{analyst.name}  {sees}  created {analyst.created_at:{TIME}}  {state}")


@analysts_group.command("drop")
@click.argument("name")
def drop_analyst(name: str) -> None:
    """End the sessions of the analyst NAME, and drop its role."""
    from content_pipeline.core.analytics import analysts

    command_context.home()
    with command_context.session() as session:
        analysts.drop(session, name)
    click.echo("Dropped.")
