"""caption animations"""

import sqlalchemy as sa
from alembic import op

revision = '0019'
down_revision = '0018'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('twins', sa.Column('caption_animation', sa.String(), server_default=sa.text("'box'"), nullable=False))
    for table in ('reels', 'avatar_videos'):
        op.add_column(table, sa.Column('caption_animation', sa.String(), nullable=True))


def downgrade() -> None:
    for table in ('avatar_videos', 'reels', 'twins'):
        op.drop_column(table, 'caption_animation')
