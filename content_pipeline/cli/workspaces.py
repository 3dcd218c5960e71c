"""The commands `content-pipeline workspaces`: list, plan, credits, delete."""

import click

from content_pipeline.cli import command_context


@click.group("workspaces")
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
    from content_pipeline.core.credits import usage
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
