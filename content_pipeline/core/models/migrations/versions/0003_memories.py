"""memories"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('memories',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('twin_id', sa.Uuid(), nullable=False),
    sa.Column('entity_id', sa.String(), nullable=True),
    sa.Column('memory_type', sa.String(), nullable=False),
    sa.Column('content', sa.String(), nullable=False),
    sa.Column('importance', sa.Double(), nullable=False),
    sa.Column('tags', postgresql.ARRAY(sa.String()), nullable=False),
    sa.Column('metadata', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('vector', sa.LargeBinary(), nullable=True),
    sa.Column('remote_id', sa.String(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('(vector is null) <> (remote_id is null)', name=op.f('ck_memories_found_one_way')),
    sa.ForeignKeyConstraint(['twin_id'], ['twins.id'], name=op.f('fk_memories_twin_id_twins')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_memories')),
    sa.UniqueConstraint('remote_id', name=op.f('uq_memories_remote_id'))
    )
    op.create_index(op.f('ix_memories_twin_id'), 'memories', ['twin_id'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_memories_twin_id'), table_name='memories')
    op.drop_table('memories')
