"""what /metrics counts, and the trace of a task's request"""

import sqlalchemy as sa
from alembic import op

revision = '0035'
down_revision = '0034'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'ended_task_counts',
        sa.Column('kind', sa.String(), nullable=False),
        sa.Column('platform', sa.String(), nullable=False),
        sa.Column('state', sa.String(), nullable=False),
        sa.Column('code', sa.String(), nullable=False),
        sa.Column('tasks', sa.BigInteger(), nullable=False),
        sa.Column('seconds', sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint('kind', 'platform', 'state', 'code', name='pk_ended_task_counts'),
    )
    op.create_table(
        'measurements',
        sa.Column('name', sa.String(), nullable=False),
        sa.Column('value', sa.Float(), nullable=False),
        sa.Column('taken_at', sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('name', name='pk_measurements'),
    )
    op.add_column('tasks', sa.Column('traceparent', sa.String(), nullable=True))
    op.create_index(
        'ix_tasks_finished_at', 'tasks', ['finished_at'], postgresql_where=sa.text('finished_at is not null')
    )


def downgrade() -> None:
    op.drop_index('ix_tasks_finished_at', table_name='tasks')
    op.drop_column('tasks', 'traceparent')
    op.drop_table('measurements')
    op.drop_table('ended_task_counts')
