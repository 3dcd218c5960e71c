"""calls to action"""

import sqlalchemy as sa
from alembic import op

revision = '0023'
down_revision = '0022'
branch_labels = None
depends_on = None

TABLES = ('twins', 'reels')


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column('call_to_action', sa.String(), nullable=True))


def downgrade() -> None:
    for table in TABLES:
        op.drop_column(table, 'call_to_action')
