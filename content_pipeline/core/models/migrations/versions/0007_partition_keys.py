"""partition keys that people can read, beside the ids of rows"""

import sqlalchemy as sa
from alembic import op
revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('tasks', sa.Column('partition_key', sa.String(), nullable=True))
    # Rows that Dagster knows by their bare ids keep those until retention has taken them.
    op.execute('update tasks set partition_key = subject_key')
    op.alter_column('tasks', 'partition_key', nullable=False)


def downgrade() -> None:
    op.drop_column('tasks', 'partition_key')
