"""publications, and the way of calendar items there"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('publications',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('workspace_id', sa.Uuid(), nullable=False),
    sa.Column('request_id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('platform', sa.String(), nullable=False),
    sa.Column('twin_id', sa.Uuid(), nullable=True),
    sa.Column('reel_id', sa.Uuid(), nullable=True),
    sa.Column('reel_url', sa.String(), nullable=True),
    sa.Column('script', sa.String(), nullable=True),
    sa.Column('title', sa.String(), nullable=True),
    sa.Column('caption', sa.String(), nullable=True),
    sa.Column('options', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('words', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('prepared', sa.LargeBinary(), nullable=True),
    sa.Column('committed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('poll_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('polls', sa.Integer(), nullable=False),
    sa.Column('waits_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('post_id', sa.String(), nullable=True),
    sa.Column('post_url', sa.String(), nullable=True),
    sa.Column('published_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_publications_account_id_accounts')),
    sa.ForeignKeyConstraint(['reel_id'], ['reels.id'], name=op.f('fk_publications_reel_id_reels')),
    sa.ForeignKeyConstraint(['twin_id'], ['twins.id'], name=op.f('fk_publications_twin_id_twins')),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_publications_workspace_id_workspaces')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_publications'))
    )
    op.create_index(op.f('ix_publications_account_id'), 'publications', ['account_id'], unique=False)
    op.create_index(op.f('ix_publications_request_id'), 'publications', ['request_id'], unique=False)
    op.create_index('ix_publications_poll', 'publications', ['poll_at'], unique=False, postgresql_where=sa.text('poll_at is not null'))
    op.create_index('ix_publications_workspace_newest', 'publications', ['workspace_id', sa.literal_column('created_at desc'), sa.literal_column('id desc')], unique=False)
    op.create_index('uq_publications_post', 'publications', ['platform', 'post_id'], unique=True, postgresql_where=sa.text('post_id is not null'))
    op.add_column('calendar_items', sa.Column('account_id', sa.Uuid(), nullable=True))
    op.add_column('calendar_items', sa.Column('publication_id', sa.Uuid(), nullable=True))
    op.create_index(op.f('ix_calendar_items_publication_id'), 'calendar_items', ['publication_id'], unique=False)
    op.create_foreign_key(op.f('fk_calendar_items_account_id_accounts'), 'calendar_items', 'accounts', ['account_id'], ['id'])
    op.create_foreign_key(op.f('fk_calendar_items_publication_id_publications'), 'calendar_items', 'publications', ['publication_id'], ['id'])
    op.drop_index('ix_calendar_items_open', table_name='calendar_items')
    op.create_index('ix_calendar_items_open', 'calendar_items', ['scheduled_at'], unique=False, postgresql_where=sa.text("status in ('scheduled', 'rendering', 'publishing') and deleted_at is null"))
    op.add_column('tasks', sa.Column('irrevocable', sa.Boolean(), server_default=sa.text('false'), nullable=False))
    op.add_column('tasks', sa.Column('waits', sa.Integer(), server_default=sa.text('0'), nullable=False))


def downgrade() -> None:
    op.drop_column('tasks', 'waits')
    op.drop_column('tasks', 'irrevocable')
    op.drop_index('ix_calendar_items_open', table_name='calendar_items')
    op.create_index('ix_calendar_items_open', 'calendar_items', ['scheduled_at'], unique=False, postgresql_where=sa.text("status in ('scheduled', 'rendering') and deleted_at is null"))
    op.drop_constraint(op.f('fk_calendar_items_publication_id_publications'), 'calendar_items', type_='foreignkey')
    op.drop_constraint(op.f('fk_calendar_items_account_id_accounts'), 'calendar_items', type_='foreignkey')
    op.drop_index(op.f('ix_calendar_items_publication_id'), table_name='calendar_items')
    op.drop_column('calendar_items', 'publication_id')
    op.drop_column('calendar_items', 'account_id')
    op.drop_index('uq_publications_post', table_name='publications', postgresql_where=sa.text('post_id is not null'))
    op.drop_index('ix_publications_workspace_newest', table_name='publications')
    op.drop_index('ix_publications_poll', table_name='publications', postgresql_where=sa.text('poll_at is not null'))
    op.drop_index(op.f('ix_publications_request_id'), table_name='publications')
    op.drop_index(op.f('ix_publications_account_id'), table_name='publications')
    op.drop_table('publications')
