"""known text of captions, and glossaries"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = '0024'
down_revision = '0023'
branch_labels = None
depends_on = None

TABLES = ('captions', 'twins', 'reels', 'avatar_videos')


def upgrade() -> None:
    op.add_column('captions', sa.Column('known_text', sa.String(), nullable=True))
    for table in TABLES:
        op.add_column(table, sa.Column('glossary', JSONB(), server_default=sa.text("'[]'"), nullable=False))


def downgrade() -> None:
    for table in TABLES:
        op.drop_column(table, 'glossary')
    op.drop_column('captions', 'known_text')
