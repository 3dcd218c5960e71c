"""translated captions, and captions without fillers"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0025'
down_revision = '0024'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('captions', sa.Column('translate_to', sa.String(), nullable=True))
    op.add_column('captions', sa.Column('translated', postgresql.JSONB(), nullable=True))
    op.add_column('captions', sa.Column('remove_fillers', sa.Boolean(), server_default=sa.text('false'), nullable=False))


def downgrade() -> None:
    op.drop_column('captions', 'remove_fillers')
    op.drop_column('captions', 'translated')
    op.drop_column('captions', 'translate_to')
