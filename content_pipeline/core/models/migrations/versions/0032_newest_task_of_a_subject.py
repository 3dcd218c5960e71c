"""the newest task of a subject, which a run of an operator looks up"""

import sqlalchemy as sa
from alembic import op

revision = '0032'
down_revision = '0031'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index('ix_tasks_subject_newest', 'tasks', ['subject_kind', 'subject_key', sa.text('created_at desc')])


def downgrade() -> None:
    op.drop_index('ix_tasks_subject_newest', table_name='tasks')
