"""The commands `content-pipeline keys`: create, list, revoke."""

from typing import Any
from uuid import UUID

import click

from content_pipeline.cli import command_context
from content_pipeline.cli.command_context import TIME
from content_pipeline.cli.key_options import Expiry, Scopes


@click.group()
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
    command_context.home()
    given = {name: value for name, value in options.items() if value is not None}
    click.echo(new_key(workspace, **given))


def new_key(workspace: str, **options: Any) -> str:
    """A key of a workspace, which is created if it is new; `options` are those of `workspaces.create_key`."""
    from content_pipeline.core.workspaces import workspaces

    with command_context.session() as session:
        return workspaces.create_key(session, workspace=workspace, **options)


@keys.command("list")
@click.option("--workspace", required=True, help="Name of the workspace.")
def list_keys(workspace: str) -> None:
    """List a workspace's keys, newest first: id, last characters, name, scopes, and when what happened to each."""
    from content_pipeline.core.workspaces import api_keys, workspaces

    command_context.home()
    with command_context.session() as session:
        for key in api_keys.list_all(session, workspaces.named(session, workspace).id):
            click.echo(f"{key.id}  …{key.hint}  {key.name}  {','.join(key.scopes)}")
            times = {
                "created": key.created_at,
                "last used": key.last_used_at,
                "expires": key.expires_at,
                "revoked": key.revoked_at,
            }
            click.echo(f"  {', '.join(f'{what} {at:{TIME}}' for what, at in times.items() if at)}")


@keys.command("revoke")
@click.argument("key_id", metavar="ID", type=click.UUID)
def revoke_key(key_id: UUID) -> None:
    """Revoke a key by its id (see `keys list`)."""
    from content_pipeline.core.workspaces import api_keys

    command_context.home()
    with command_context.session() as session:
        api_keys.revoke_as_operator(session, key_id)
    click.echo("Revoked.")
