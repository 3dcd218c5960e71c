"""The commands `content-pipeline workspaces`: list, plan, credits, delete."""

import click

from content_pipeline.cli import command_context
from content_pipeline.cli.command_context import TIME


@click.group("workspaces")
def workspaces_group() -> None:
    """List workspaces, change their plan, grant credits, show what they have used, and delete them."""


@workspaces_group.command("list")
def list_workspaces() -> None:
    """List all workspaces by name: plan, creation, valid keys, connected accounts, open tasks."""
    from content_pipeline.core.workspaces import workspaces

    command_context.home()
    with command_context.session() as session:
        for row in workspaces.list_all(session):
            click.echo(f"{row.name}  {row.plan}  created {row.created_at:{TIME}}")
            click.echo(f"  {row.keys} keys, {row.accounts} accounts, {row.open_tasks} open tasks")


@workspaces_group.command("plan")
@click.argument("name")
@click.argument("plan")
def change_plan(name: str, plan: str) -> None:
    """Give the workspace NAME the plan PLAN. Its limits hold within seconds, its credits from the next month on."""
    from content_pipeline.core.workspaces import workspaces

    command_context.home()
    with command_context.session() as session:
        before = workspaces.change_plan(session, name, plan)
    click.echo(f"{name} has the plan {plan}, and had {before}.")


@workspaces_group.command("delete")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
def delete_workspace(name: str, yes: bool) -> None:
    """Delete the workspace NAME with all that belongs to it. Posts stay on the platforms.

    An interrupted deletion is continued by the same command.
    """
    from content_pipeline.cli import workspace_deletion

    home = command_context.home()
    with command_context.reachable_database():
        found = workspace_deletion.find(name)
        if not yes:
            click.confirm(
                f"Delete {name} with {found.tasks:,} tasks, {found.accounts:,} connected accounts"
                f" and {found.planned:,} planned posts?",
                abort=True,
            )
        workspace_deletion.delete(home, found)
    click.echo("Deleted.")


@workspaces_group.command("grant")
@click.argument("name")
@click.argument("amount", type=click.IntRange(min=1))
@click.option("--note", help="Why, for the ledger.")
def grant_credits(name: str, amount: int, note: str | None) -> None:
    """Grant AMOUNT credits to the workspace NAME. They stay until they are spent."""
    from content_pipeline.core.tasks import credits
    from content_pipeline.core.workspaces import audit, workspaces

    command_context.home()
    with command_context.session() as session:
        workspace = workspaces.named(session, name)
        credits.grant(session, workspace.id, amount, note)
        audit.record(session, workspace.id, audit.OPERATOR, "credits.grant", "workspace", workspace.id)
        available = credits.balance(session, workspace.id).available
    click.echo(f"Granted {amount:,} credits; {available:,} are available.")


@workspaces_group.command("usage")
@click.argument("name")
def show_usage(name: str) -> None:
    """Show the plan, the credits and this month's tasks of the workspace NAME."""
    from content_pipeline.core.tasks import usage
    from content_pipeline.core.workspaces import workspaces

    command_context.home()
    with command_context.session() as session:
        used = usage.get(session, workspaces.named(session, name).id)
    balance = used.balance
    click.echo(f"plan       {used.plan.name}, {used.plan.credits:,} credits a month")
    click.echo(f"available  {balance.available:,}")
    click.echo(f"granted    {balance.granted:,}")
    click.echo(f"held       {balance.held:,}")
    click.echo(f"charged    {balance.charged:,}, of them {used.charged:,} in {used.start:%B %Y}")
    click.echo(f"tasks      {', '.join(f'{count:,} {kind}' for kind, count in used.tasks.items()) or 'none'}")
