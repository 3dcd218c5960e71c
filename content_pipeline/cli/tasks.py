"""The commands `content-pipeline tasks`: list, retry, cancel."""

import click

from content_pipeline.cli import command_context
from content_pipeline.cli.command_context import TIME

_STATUSES = ("queued", "processing", "done", "error")


@click.group("tasks")
def tasks_group() -> None:
    """List, retry and cancel the tasks of all workspaces."""


@tasks_group.command("list")
@click.option("--workspace", help="Name of the workspace. [default: all]")
@click.option("--kind", help="Such as reel, caption or publication. [default: all]")
@click.option("--status", type=click.Choice(_STATUSES), help="As the API names it. [default: all]")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
def list_tasks(workspace: str | None, kind: str | None, status: str | None, limit: int) -> None:
    """List tasks, newest first: id, status, kind, workspace, creation; below it why a task failed."""
    from content_pipeline.core.operations import operator_tasks
    from content_pipeline.core.tasks.tasks import wire_status

    command_context.home()
    with command_context.session() as session:
        found = operator_tasks.newest(session, limit=limit, workspace=workspace, kind=kind, status=status)
    for task, owner in found:
        state = wire_status(task) if task.state == "done" else f"{wire_status(task)} {task.progress} %"
        click.echo(f"{task.id}  {state}  {task.kind}  {owner}  {task.created_at:{TIME}}")
        if task.error:
            click.echo(f"  {task.error['code']}: {task.error['message']}")


@tasks_group.command("retry")
@click.argument("task_id", metavar="ID")
def retry_task(task_id: str) -> None:
    """Retry the failed or canceled task ID, as its client would. Prints the id of the new task.

    A post that may be out is looked for at its platform first.
    """
    from content_pipeline.core.operations import operator_tasks

    command_context.home()
    with command_context.reachable_database():
        click.echo(operator_tasks.retry(task_id).id)


@tasks_group.command("cancel")
@click.argument("task_id", metavar="ID")
def cancel_task(task_id: str) -> None:
    """Cancel the unfinished task ID; of a batch, all of its rows."""
    from content_pipeline.core.operations import operator_tasks

    command_context.home()
    with command_context.reachable_database():
        operator_tasks.cancel(task_id)
    click.echo("Canceled.")
