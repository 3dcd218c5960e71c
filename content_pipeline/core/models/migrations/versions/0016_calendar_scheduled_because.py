"""why a time of the calendar was chosen"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('calendar_items', sa.Column(
        'scheduled_because', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
    ))


def downgrade() -> None:
    op.drop_column('calendar_items', 'scheduled_because')
