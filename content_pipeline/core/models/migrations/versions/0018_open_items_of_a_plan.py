"""open items of a plan"""

import sqlalchemy as sa
from alembic import op

revision = '0018'
down_revision = '0017'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('plans', sa.Column('open_items', sa.Integer(), server_default='500', nullable=False))
    op.execute("update plans set open_items = 10000 where name = 'studio'")
    op.alter_column('plans', 'open_items', server_default=None)
    op.create_index(
        'ix_calendar_items_open_of_workspace', 'calendar_items', ['workspace_id'], unique=False,
        postgresql_where=sa.text("status in ('scheduled', 'rendering', 'publishing') and deleted_at is null"),
    )


def downgrade() -> None:
    op.drop_index('ix_calendar_items_open_of_workspace', table_name='calendar_items')
    op.drop_column('plans', 'open_items')
