"""credits"""

import sqlalchemy as sa
from alembic import op
revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('credit_entries',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('workspace_id', sa.Uuid(), nullable=False),
    sa.Column('source', sa.String(), nullable=False),
    sa.Column('target', sa.String(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('render_id', sa.Uuid(), nullable=True),
    sa.Column('month', sa.Date(), nullable=True),
    sa.Column('note', sa.String(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("(source, target) in (('issued', 'available'), ('available', 'held'), ('held', 'available'), ('held', 'spent')) and (render_id is null) = (source = 'issued')", name=op.f('ck_credit_entries_transfer_known')),
    sa.CheckConstraint('amount > 0', name=op.f('ck_credit_entries_amount_positive')),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_credit_entries_workspace_id_workspaces')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_credit_entries')),
    sa.UniqueConstraint('workspace_id', 'month', name=op.f('uq_credit_entries_workspace_id'))
    )
    op.create_index(op.f('ix_credit_entries_render_id'), 'credit_entries', ['render_id'], unique=False)
    op.create_index('ix_credit_entries_workspace_newest', 'credit_entries', ['workspace_id', sa.literal_column('created_at desc')], unique=False)
    op.create_index('uq_credit_entries_charge', 'credit_entries', ['render_id'], unique=True, postgresql_where=sa.text("target = 'spent'"))


def downgrade() -> None:
    op.drop_table('credit_entries')
