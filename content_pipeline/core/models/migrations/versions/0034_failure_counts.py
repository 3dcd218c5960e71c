"""failures by code, of which operators are told; tasks by the row that they went on with, for the retention of keys"""

import sqlalchemy as sa
from alembic import op

revision = '0034'
down_revision = '0032'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'failure_counts',
        sa.Column('code', sa.String(), nullable=False),
        sa.Column('total', sa.BigInteger(), nullable=False),
        sa.Column('logged', sa.BigInteger(), nullable=False),
        sa.Column('logged_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('sent', sa.BigInteger(), nullable=False),
        sa.Column('send_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('last_event_id', sa.BigInteger(), nullable=False),
        sa.Column('last_run_id', sa.String(), nullable=False),
        sa.Column('last_job', sa.String(), nullable=False),
        sa.Column('last_at', sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('code', name=op.f('pk_failure_counts')),
    )
    op.create_index(
        'ix_tasks_switched', 'tasks', ['subject_kind', 'subject_key'],
        postgresql_where=sa.text('subject_kind <> kind'),
    )


def downgrade() -> None:
    op.drop_index('ix_tasks_switched', 'tasks')
    op.drop_table('failure_counts')
