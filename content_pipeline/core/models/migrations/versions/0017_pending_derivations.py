"""pending derivations"""

import sqlalchemy as sa
from alembic import op

revision = '0017'
down_revision = '0016'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('pending_derivations',
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('first_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_pending_derivations_account_id_accounts')),
    sa.PrimaryKeyConstraint('account_id', name=op.f('pk_pending_derivations'))
    )


def downgrade() -> None:
    op.drop_table('pending_derivations')
