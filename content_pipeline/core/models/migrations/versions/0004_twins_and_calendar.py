"""the rest of twins, and the calendar"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('calendar_items',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('workspace_id', sa.Uuid(), nullable=False),
    sa.Column('twin_id', sa.Uuid(), nullable=False),
    sa.Column('title', sa.String(), nullable=False),
    sa.Column('platform', sa.String(), nullable=False),
    sa.Column('scheduled_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('script', sa.String(), nullable=True),
    sa.Column('caption', sa.String(), nullable=True),
    sa.Column('reel_url', sa.String(), nullable=True),
    sa.Column('reel_id', sa.Uuid(), nullable=True),
    sa.Column('options', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('status', sa.String(), nullable=False),
    sa.Column('reason', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('deleted_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['reel_id'], ['reels.id'], name=op.f('fk_calendar_items_reel_id_reels')),
    sa.ForeignKeyConstraint(['twin_id'], ['twins.id'], name=op.f('fk_calendar_items_twin_id_twins')),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_calendar_items_workspace_id_workspaces')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_calendar_items'))
    )
    op.create_index('ix_calendar_items_open', 'calendar_items', ['scheduled_at'], unique=False, postgresql_where=sa.text("status in ('scheduled', 'rendering') and deleted_at is null"))
    op.create_index(op.f('ix_calendar_items_twin_id'), 'calendar_items', ['twin_id'], unique=False)
    op.create_index('ix_calendar_items_workspace_latest', 'calendar_items', ['workspace_id', sa.literal_column('scheduled_at desc'), sa.literal_column('id desc')], unique=False)
    op.add_column('twins', sa.Column('persona_prompt', sa.String(), nullable=True))
    op.add_column('twins', sa.Column('platform_defaults', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False))
    op.add_column('twins', sa.Column('avatar_id', sa.String(), nullable=True))
    op.add_column('twins', sa.Column('picture_url', sa.String(), nullable=True))
    op.add_column('twins', sa.Column('deleted_at', sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column('twins', 'deleted_at')
    op.drop_column('twins', 'picture_url')
    op.drop_column('twins', 'avatar_id')
    op.drop_column('twins', 'platform_defaults')
    op.drop_column('twins', 'persona_prompt')
    op.drop_index('ix_calendar_items_workspace_latest', table_name='calendar_items')
    op.drop_index(op.f('ix_calendar_items_twin_id'), table_name='calendar_items')
    op.drop_index('ix_calendar_items_open', table_name='calendar_items', postgresql_where=sa.text("status in ('scheduled', 'rendering') and deleted_at is null"))
    op.drop_table('calendar_items')
