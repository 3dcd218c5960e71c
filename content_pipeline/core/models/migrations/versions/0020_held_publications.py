"""publications that are prepared ahead and held"""

import sqlalchemy as sa
from alembic import op

revision = '0020'
down_revision = '0019'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('publications', sa.Column('held', sa.Boolean(), server_default=sa.text('false'), nullable=False))


def downgrade() -> None:
    # A release that does not know of held posts would publish them at once, or never.
    op.execute(
        "update tasks set state = 'canceled', finished_at = now(), error = jsonb_build_object('code', 'canceled',"
        " 'message', 'The task was canceled.', 'remedy', 'Nothing to do.', 'retryable', false)"
        " where kind = 'publication' and state in ('queued', 'processing', 'waiting')"
        " and key in (select id::text from publications where held)"
    )
    op.execute(
        'update calendar_items set publication_id = null'
        ' where publication_id in (select id from publications where held)'
    )
    op.drop_column('publications', 'held')
