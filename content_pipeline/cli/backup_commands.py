"""The commands `content-pipeline backup`, `restore` and `release-posts`."""

import signal
from pathlib import Path

import click

from content_pipeline.cli import command_context
from content_pipeline.cli.messages import fit


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def take_backup(file: Path) -> None:
    """Write both databases and the bucket to the new file FILE (tar), while everything goes on.

    It holds no encryption keys: keep the line CONTENT_PIPELINE_ENCRYPTION_KEYS of <home>/stack.env, or your setting of
    it, in another place.
    """
    from content_pipeline.cli import backup, display

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # else the stores that it has started go on
    home = command_context.home()
    with display.progress() as progress, command_context.reachable_database():
        objects = backup.take(home, file.resolve(), progress)
    click.echo(f"{file} has {objects:,} objects and both databases, {file.stat().st_size / 1e6:,.1f} MB.")


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--without-keys", is_flag=True, help="The encryption key is lost: accounts have to be connected again.")
def restore_backup(file: Path, without_keys: bool) -> None:
    """Fill an empty stack, which is not running, from FILE. Start it afterwards with `up`."""
    from content_pipeline.cli import display, restore

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # else the stores that it has started go on
    home = command_context.home()
    with display.progress() as progress, command_context.reachable_database():
        done = restore.restore(home, file.resolve(), progress, without_keys=without_keys)
    made_at = f"{done.manifest.made_at:{command_context.TIME}}"
    click.echo(f"Restored {done.objects:,} objects and both databases, as they were at {made_at}.")
    click.echo(fit(_about_posts(done.posts, done.items)))
    if done.analysts:
        click.echo(fit(f"Analysts need a new password (`analysts rotate NAME`): {', '.join(done.analysts)}"))


def _about_posts(posts: int, items: int) -> str:
    if not posts + items:
        return "No post was open or planned."
    return (
        f"Held back: {posts:,} posts that were open and {items:,} planned items of the calendar, since they may have"
        " been published after the backup. Look at the accounts; then `content-pipeline release-posts` plans again what"
        " is still to come."
    )


@click.command("release-posts")
def release_posts() -> None:
    """Plan again the items of the calendar that a restore has held back and whose time is still to come."""
    from content_pipeline.core.calendar import restored_posts

    command_context.home()
    with command_context.session() as session:
        released, left = restored_posts.release(session)
    click.echo(f"Planned again: {released:,}. Left as failed, past or refused: {left:,}.")
