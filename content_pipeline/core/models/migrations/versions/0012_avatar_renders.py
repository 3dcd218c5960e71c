"""engine, submission and end of avatar renders"""

import sqlalchemy as sa
from alembic import op
revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('avatar_videos', sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('avatar_videos', sa.Column('engine', sa.String(), nullable=True))
    op.add_column('avatar_videos', sa.Column('submitted_at', sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column('avatar_videos', 'submitted_at')
    op.drop_column('avatar_videos', 'engine')
    op.drop_column('avatar_videos', 'finished_at')
