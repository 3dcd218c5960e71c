"""removal of posts"""

import sqlalchemy as sa
from alembic import op

revision = '0030'
down_revision = '0025'
branch_labels = None
depends_on = None

REMOVAL = ['removing_at', 'removed_at']


def upgrade() -> None:
    for column in REMOVAL:
        op.add_column('publications', sa.Column(column, sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    for column in reversed(REMOVAL):
        op.drop_column('publications', column)
