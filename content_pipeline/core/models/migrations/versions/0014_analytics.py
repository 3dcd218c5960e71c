"""analytics"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('account_syncs',
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('window_start', sa.DateTime(timezone=True), nullable=False),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('posts_read', sa.Integer(), nullable=False),
    sa.Column('error', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_account_syncs_account_id_accounts')),
    sa.PrimaryKeyConstraint('account_id', 'window_start', name=op.f('pk_account_syncs'))
    )
    op.create_table('analytics_exports',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('workspace_id', sa.Uuid(), nullable=False),
    sa.Column('format', sa.String(), nullable=False),
    sa.Column('grain', sa.String(), nullable=False),
    sa.Column('first_day', sa.Date(), nullable=False),
    sa.Column('last_day', sa.Date(), nullable=False),
    sa.Column('platform', sa.String(), nullable=True),
    sa.Column('twin_id', sa.Uuid(), nullable=True),
    sa.Column('object_key', sa.String(), nullable=True),
    sa.Column('rows', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('written_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['twin_id'], ['twins.id'], name=op.f('fk_analytics_exports_twin_id_twins')),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_analytics_exports_workspace_id_workspaces')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_analytics_exports'))
    )
    op.create_table('audience_shares',
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('dimension', sa.String(), nullable=False),
    sa.Column('value', sa.String(), nullable=False),
    sa.Column('share', sa.Double(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_audience_shares_account_id_accounts')),
    sa.PrimaryKeyConstraint('account_id', 'day', 'dimension', 'value', name=op.f('pk_audience_shares'))
    )
    op.create_table('daily_metrics',
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('estimated', sa.Boolean(), nullable=False),
    sa.Column('views', sa.BigInteger(), nullable=True),
    sa.Column('impressions', sa.BigInteger(), nullable=True),
    sa.Column('reach', sa.BigInteger(), nullable=True),
    sa.Column('likes', sa.BigInteger(), nullable=True),
    sa.Column('comments', sa.BigInteger(), nullable=True),
    sa.Column('shares', sa.BigInteger(), nullable=True),
    sa.Column('saves', sa.BigInteger(), nullable=True),
    sa.Column('clicks', sa.BigInteger(), nullable=True),
    sa.Column('watch_seconds', sa.Double(), nullable=True),
    sa.Column('average_view_seconds', sa.Double(), nullable=True),
    sa.Column('followers', sa.BigInteger(), nullable=True),
    sa.Column('followers_gained', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_daily_metrics_account_id_accounts')),
    sa.PrimaryKeyConstraint('account_id', 'day', name=op.f('pk_daily_metrics'))
    )
    op.create_table('social_posts',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('workspace_id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('platform', sa.String(), nullable=False),
    sa.Column('post_id', sa.String(), nullable=False),
    sa.Column('publication_id', sa.Uuid(), nullable=True),
    sa.Column('twin_id', sa.Uuid(), nullable=True),
    sa.Column('url', sa.String(), nullable=True),
    sa.Column('text', sa.String(), nullable=False),
    sa.Column('seconds', sa.Double(), nullable=True),
    sa.Column('published_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('read_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('next_read_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('vanished_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_social_posts_account_id_accounts')),
    sa.ForeignKeyConstraint(['publication_id'], ['publications.id'], name=op.f('fk_social_posts_publication_id_publications')),
    sa.ForeignKeyConstraint(['twin_id'], ['twins.id'], name=op.f('fk_social_posts_twin_id_twins')),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_social_posts_workspace_id_workspaces')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_social_posts')),
    sa.UniqueConstraint('account_id', 'post_id', name='uq_social_posts_account_post'),
    sa.UniqueConstraint('publication_id', name=op.f('uq_social_posts_publication_id'))
    )
    op.create_index('ix_social_posts_due', 'social_posts', ['account_id', 'next_read_at'], unique=False, postgresql_where=sa.text('vanished_at is null'))
    op.create_index(op.f('ix_social_posts_twin_id'), 'social_posts', ['twin_id'], unique=False)
    op.create_index('ix_social_posts_workspace_newest', 'social_posts', ['workspace_id', sa.literal_column('published_at desc'), sa.literal_column('id desc')], unique=False)
    op.create_table('daily_post_metrics',
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('social_post_id', sa.Uuid(), nullable=False),
    sa.Column('estimated', sa.Boolean(), nullable=False),
    sa.Column('views', sa.BigInteger(), nullable=True),
    sa.Column('impressions', sa.BigInteger(), nullable=True),
    sa.Column('reach', sa.BigInteger(), nullable=True),
    sa.Column('likes', sa.BigInteger(), nullable=True),
    sa.Column('comments', sa.BigInteger(), nullable=True),
    sa.Column('shares', sa.BigInteger(), nullable=True),
    sa.Column('saves', sa.BigInteger(), nullable=True),
    sa.Column('clicks', sa.BigInteger(), nullable=True),
    sa.Column('watch_seconds', sa.Double(), nullable=True),
    sa.Column('average_view_seconds', sa.Double(), nullable=True),
    sa.Column('followers', sa.BigInteger(), nullable=True),
    sa.Column('followers_gained', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('account_id', 'day', 'social_post_id', name=op.f('pk_daily_post_metrics'))
    )
    op.create_table('metric_snapshots',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('social_post_id', sa.Uuid(), nullable=True),
    sa.Column('taken_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('views', sa.BigInteger(), nullable=True),
    sa.Column('impressions', sa.BigInteger(), nullable=True),
    sa.Column('reach', sa.BigInteger(), nullable=True),
    sa.Column('likes', sa.BigInteger(), nullable=True),
    sa.Column('comments', sa.BigInteger(), nullable=True),
    sa.Column('shares', sa.BigInteger(), nullable=True),
    sa.Column('saves', sa.BigInteger(), nullable=True),
    sa.Column('clicks', sa.BigInteger(), nullable=True),
    sa.Column('watch_seconds', sa.Double(), nullable=True),
    sa.Column('average_view_seconds', sa.Double(), nullable=True),
    sa.Column('followers', sa.BigInteger(), nullable=True),
    sa.Column('followers_gained', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_metric_snapshots_account_id_accounts')),
    sa.ForeignKeyConstraint(['social_post_id'], ['social_posts.id'], name=op.f('fk_metric_snapshots_social_post_id_social_posts')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_metric_snapshots'))
    )
    op.create_index('ix_metric_snapshots_post', 'metric_snapshots', ['account_id', 'social_post_id', 'taken_at'], unique=False)
    op.create_table('reported_days',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('social_post_id', sa.Uuid(), nullable=True),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('source', sa.String(), nullable=False),
    sa.Column('taken_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('views', sa.BigInteger(), nullable=True),
    sa.Column('impressions', sa.BigInteger(), nullable=True),
    sa.Column('reach', sa.BigInteger(), nullable=True),
    sa.Column('likes', sa.BigInteger(), nullable=True),
    sa.Column('comments', sa.BigInteger(), nullable=True),
    sa.Column('shares', sa.BigInteger(), nullable=True),
    sa.Column('saves', sa.BigInteger(), nullable=True),
    sa.Column('clicks', sa.BigInteger(), nullable=True),
    sa.Column('watch_seconds', sa.Double(), nullable=True),
    sa.Column('average_view_seconds', sa.Double(), nullable=True),
    sa.Column('followers', sa.BigInteger(), nullable=True),
    sa.Column('followers_gained', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_reported_days_account_id_accounts')),
    sa.ForeignKeyConstraint(['social_post_id'], ['social_posts.id'], name=op.f('fk_reported_days_social_post_id_social_posts')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reported_days'))
    )
    op.create_index('uq_reported_days', 'reported_days', ['account_id', 'day', 'source', 'social_post_id'], unique=True, postgresql_nulls_not_distinct=True)

    # Plans of an operator's own begin with what a trial gets.
    op.add_column('plans', sa.Column('export_rows', sa.Integer(), server_default='100000', nullable=False))
    op.execute("update plans set export_rows = 5000000 where name = 'studio'")
    op.alter_column('plans', 'export_rows', server_default=None)


def downgrade() -> None:
    op.drop_column('plans', 'export_rows')
    op.drop_index('uq_reported_days', table_name='reported_days', postgresql_nulls_not_distinct=True)
    op.drop_table('reported_days')
    op.drop_index('ix_metric_snapshots_post', table_name='metric_snapshots')
    op.drop_table('metric_snapshots')
    op.drop_table('daily_post_metrics')
    op.drop_index('ix_social_posts_workspace_newest', table_name='social_posts')
    op.drop_index(op.f('ix_social_posts_twin_id'), table_name='social_posts')
    op.drop_index('ix_social_posts_due', table_name='social_posts', postgresql_where=sa.text('vanished_at is null'))
    op.drop_table('social_posts')
    op.drop_table('daily_metrics')
    op.drop_table('audience_shares')
    op.drop_table('analytics_exports')
    op.drop_table('account_syncs')
