"""avatar videos"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('avatar_videos',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('workspace_id', sa.Uuid(), nullable=False),
    sa.Column('twin_id', sa.Uuid(), nullable=False),
    sa.Column('batch_id', sa.Uuid(), nullable=True),
    sa.Column('row', sa.Integer(), nullable=True),
    sa.Column('platform', sa.String(), nullable=True),
    sa.Column('provider', sa.String(), nullable=False),
    sa.Column('avatar_id', sa.String(), nullable=False),
    sa.Column('captions', sa.Boolean(), nullable=False),
    sa.Column('background_url', sa.String(), nullable=True),
    sa.Column('phonemes', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('seed', sa.BigInteger(), nullable=False),
    sa.Column('estimated_seconds', sa.Integer(), nullable=False),
    sa.Column('media', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('output_key', sa.String(), nullable=True),
    sa.Column('credits_billed', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('submissions', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('submitting_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('external_id', sa.String(), nullable=True),
    sa.Column('poll_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('polls', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('waits_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('script', sa.String(), nullable=False),
    sa.Column('voice_id', sa.String(), nullable=False),
    sa.Column('language', sa.String(), nullable=True),
    sa.Column('spoken_voice', sa.String(), nullable=True),
    sa.Column('words', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('narration_seconds', sa.Float(), nullable=True),
    sa.Column('narration_key', sa.String(), nullable=True),
    sa.ForeignKeyConstraint(['batch_id'], ['batches.id'], name=op.f('fk_avatar_videos_batch_id_batches')),
    sa.ForeignKeyConstraint(['twin_id'], ['twins.id'], name=op.f('fk_avatar_videos_twin_id_twins')),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_avatar_videos_workspace_id_workspaces')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_avatar_videos'))
    )
    op.create_index(op.f('ix_avatar_videos_batch_id'), 'avatar_videos', ['batch_id'], unique=False)
    op.create_index('ix_avatar_videos_external_id', 'avatar_videos', ['external_id'], unique=False)
    op.create_index('ix_avatar_videos_poll_at', 'avatar_videos', ['poll_at'], unique=False, postgresql_where=sa.text('poll_at is not null'))
    op.create_index('ix_avatar_videos_workspace_newest', 'avatar_videos', ['workspace_id', sa.literal_column('created_at desc'), sa.literal_column('id desc')], unique=False)
    op.create_table('received_events',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_received_events'))
    )
    op.create_index(op.f('ix_received_events_received_at'), 'received_events', ['received_at'], unique=False)
    op.add_column('twins', sa.Column('make', sa.String(), server_default=sa.text("'reel'"), nullable=False))
    op.add_column('calendar_items', sa.Column('make', sa.String(), nullable=True))
    op.add_column('calendar_items', sa.Column('avatar_video_id', sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f('fk_calendar_items_avatar_video_id_avatar_videos'), 'calendar_items', 'avatar_videos', ['avatar_video_id'], ['id'])
    op.add_column('publications', sa.Column('avatar_video_id', sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f('fk_publications_avatar_video_id_avatar_videos'), 'publications', 'avatar_videos', ['avatar_video_id'], ['id'])


def downgrade() -> None:
    op.drop_constraint(op.f('fk_publications_avatar_video_id_avatar_videos'), 'publications', type_='foreignkey')
    op.drop_column('publications', 'avatar_video_id')
    op.drop_constraint(op.f('fk_calendar_items_avatar_video_id_avatar_videos'), 'calendar_items', type_='foreignkey')
    op.drop_column('calendar_items', 'avatar_video_id')
    op.drop_column('calendar_items', 'make')
    op.drop_column('twins', 'make')
    op.drop_table('received_events')
    op.drop_table('avatar_videos')
