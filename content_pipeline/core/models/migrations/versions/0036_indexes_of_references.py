"""indexes of references to tasks and posts, without which each row that is deleted was a scan of the other table"""

import sqlalchemy as sa
from alembic import op

revision = '0036'
down_revision = '0035'
branch_labels = None
depends_on = None


INDEXES = {
    'ix_tasks_retry_of': ('tasks', 'retry_of'),
    'ix_metric_snapshots_social_post': ('metric_snapshots', 'social_post_id'),
    'ix_reported_days_social_post': ('reported_days', 'social_post_id'),
}


def upgrade() -> None:
    for name, (table, column) in INDEXES.items():
        op.create_index(name, table, [column], postgresql_where=sa.text(f'{column} is not null'))


def downgrade() -> None:
    for name, (table, _) in INDEXES.items():
        op.drop_index(name, table_name=table)
