"""balances at providers"""

import sqlalchemy as sa
from alembic import op
revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('provider_balances',
    sa.Column('provider', sa.String(), nullable=False),
    sa.Column('remaining', sa.Float(), nullable=True),
    sa.Column('currency', sa.String(), nullable=False),
    sa.Column('read_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('provider', name=op.f('pk_provider_balances'))
    )


def downgrade() -> None:
    op.drop_table('provider_balances')
