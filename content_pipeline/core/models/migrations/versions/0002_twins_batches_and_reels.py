"""twins, batches and reels"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('twins',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('workspace_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('voice_id', sa.String(), nullable=False),
    sa.Column('style_tags', postgresql.ARRAY(sa.String()), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_twins_workspace_id_workspaces')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_twins'))
    )
    op.create_index('ix_twins_workspace_newest', 'twins', ['workspace_id', sa.literal_column('created_at desc'), sa.literal_column('id desc')], unique=False)
    op.create_table('batches',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('workspace_id', sa.Uuid(), nullable=False),
    sa.Column('twin_id', sa.Uuid(), nullable=False),
    sa.Column('platform', sa.String(), nullable=False),
    sa.Column('rows', sa.Integer(), nullable=False),
    sa.Column('drop', sa.String(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['twin_id'], ['twins.id'], name=op.f('fk_batches_twin_id_twins')),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_batches_workspace_id_workspaces')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_batches')),
    sa.UniqueConstraint('drop', name=op.f('uq_batches_drop'))
    )
    op.create_index('ix_batches_workspace_newest', 'batches', ['workspace_id', sa.literal_column('created_at desc'), sa.literal_column('id desc')], unique=False)
    op.create_table('reels',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('workspace_id', sa.Uuid(), nullable=False),
    sa.Column('twin_id', sa.Uuid(), nullable=False),
    sa.Column('batch_id', sa.Uuid(), nullable=True),
    sa.Column('row', sa.Integer(), nullable=True),
    sa.Column('script', sa.String(), nullable=False),
    sa.Column('platform', sa.String(), nullable=False),
    sa.Column('voice_id', sa.String(), nullable=False),
    sa.Column('title', sa.String(), nullable=True),
    sa.Column('background_url', sa.String(), nullable=True),
    sa.Column('music_url', sa.String(), nullable=True),
    sa.Column('seed', sa.BigInteger(), nullable=False),
    sa.Column('language', sa.String(), nullable=True),
    sa.Column('spoken_voice', sa.String(), nullable=True),
    sa.Column('words', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('narration_seconds', sa.Float(), nullable=True),
    sa.Column('narration_key', sa.String(), nullable=True),
    sa.Column('media', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('output_key', sa.String(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['batch_id'], ['batches.id'], name=op.f('fk_reels_batch_id_batches')),
    sa.ForeignKeyConstraint(['twin_id'], ['twins.id'], name=op.f('fk_reels_twin_id_twins')),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_reels_workspace_id_workspaces')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reels'))
    )
    op.create_index(op.f('ix_reels_batch_id'), 'reels', ['batch_id'], unique=False)
    op.add_column('tasks', sa.Column('parent_id', sa.String(), nullable=True))
    op.alter_column('tasks', 'lane',
               existing_type=sa.VARCHAR(),
               nullable=True)
    op.create_index('ix_tasks_parent', 'tasks', ['parent_id'], unique=False, postgresql_where=sa.text('parent_id is not null'))
    op.create_foreign_key(op.f('fk_tasks_parent_id_tasks'), 'tasks', 'tasks', ['parent_id'], ['id'])


def downgrade() -> None:
    op.drop_constraint(op.f('fk_tasks_parent_id_tasks'), 'tasks', type_='foreignkey')
    op.drop_index('ix_tasks_parent', table_name='tasks', postgresql_where=sa.text('parent_id is not null'))
    op.alter_column('tasks', 'lane',
               existing_type=sa.VARCHAR(),
               nullable=False)
    op.drop_column('tasks', 'parent_id')
    op.drop_index(op.f('ix_reels_batch_id'), table_name='reels')
    op.drop_table('reels')
    op.drop_index('ix_batches_workspace_newest', table_name='batches')
    op.drop_table('batches')
    op.drop_index('ix_twins_workspace_newest', table_name='twins')
    op.drop_table('twins')
