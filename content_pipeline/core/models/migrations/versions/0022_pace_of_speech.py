"""pace of speech"""

import sqlalchemy as sa
from alembic import op

revision = '0022'
down_revision = '0021'
branch_labels = None
depends_on = None

TABLES = ('twins', 'reels', 'avatar_videos')


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column('speed', sa.Float(), server_default=sa.text('1.0'), nullable=False))
        op.add_column(table, sa.Column('pause', sa.Float(), server_default=sa.text('0.4'), nullable=False))


def downgrade() -> None:
    for table in TABLES:
        op.drop_column(table, 'pause')
        op.drop_column(table, 'speed')
