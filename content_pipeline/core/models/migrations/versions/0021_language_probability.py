"""language probability of captions"""

import sqlalchemy as sa
from alembic import op

revision = '0021'
down_revision = '0020'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('captions', sa.Column('language_probability', sa.Float(), nullable=True))


def downgrade() -> None:
    op.drop_column('captions', 'language_probability')
