"""notifications of changed tasks, for clients that wait for them"""

from alembic import op
revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A batch changes with each of its reels, so a change is also announced under the parent's id. PostgreSQL sends
    # equal notifications of one transaction once.
    op.execute("""
        create function notify_task_changed() returns trigger language plpgsql as $$
        begin
            perform pg_notify('task_changes', new.id);
            if new.parent_id is not null then
                perform pg_notify('task_changes', new.parent_id);
            end if;
            return null;
        end $$
    """)
    op.execute("""
        create trigger notify_updated after update of state, progress on tasks for each row
        when (old.state <> new.state or old.progress <> new.progress) execute function notify_task_changed()
    """)
    # The retry of a row of an open batch.
    op.execute("""
        create trigger notify_inserted after insert on tasks for each row
        when (new.parent_id is not null) execute function notify_task_changed()
    """)


def downgrade() -> None:
    op.execute('drop trigger notify_inserted on tasks')
    op.execute('drop trigger notify_updated on tasks')
    op.execute('drop function notify_task_changed')
