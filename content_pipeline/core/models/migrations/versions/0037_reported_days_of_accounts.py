"""reported days of accounts only: those of posts were never stored"""

import sqlalchemy as sa
from alembic import op

revision = '0037'
down_revision = '0036'
branch_labels = None
depends_on = None


# As in 0015, but for `reported` and `stated`.
COLUMNS = """
    daily_metrics.day as day,
    accounts.id as account_id,
    visible_workspaces.workspace as workspace,
    accounts.platform as platform,
    accounts.handle as handle,
    daily_metrics.views as views,
    daily_metrics.impressions as impressions,
    daily_metrics.reach as reach,
    daily_metrics.likes as likes,
    daily_metrics.comments as comments,
    daily_metrics.shares as shares,
    daily_metrics.saves as saves,
    daily_metrics.clicks as clicks,
    daily_metrics.watch_seconds as watch_seconds,
    daily_metrics.average_view_seconds as average_view_seconds,
    daily_metrics.followers as followers,
    daily_metrics.followers_gained as followers_gained,
    daily_metrics.estimated as estimated
"""


def replace_view(condition: str = '') -> None:
    """The columns stay, and with them their comments, the grants and the view `days`, which stands on this one."""
    reported, stated = (
        f"""exists (
            select from public.reported_days
            where account_id = daily_metrics.account_id and day = daily_metrics.day and source = '{source}' {condition}
        )"""
        for source in ('platform', 'external')
    )
    op.execute(
        'create or replace view analytics.daily_account_metrics with (security_barrier) as'
        f' select {COLUMNS}, {reported} as reported, {stated} as stated from public.daily_metrics'
        ' join public.accounts on accounts.id = daily_metrics.account_id'
        ' join public.visible_workspaces on visible_workspaces.workspace_id = accounts.workspace_id'
    )


def upgrade() -> None:
    replace_view()
    op.execute('delete from reported_days where social_post_id is not null')
    op.drop_index('ix_reported_days_social_post', table_name='reported_days')
    op.drop_index('uq_reported_days', table_name='reported_days')
    op.drop_column('reported_days', 'social_post_id')
    op.create_index('uq_reported_days', 'reported_days', ['account_id', 'day', 'source'], unique=True)


def downgrade() -> None:
    op.add_column('reported_days', sa.Column('social_post_id', sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f('fk_reported_days_social_post_id_social_posts'), 'reported_days', 'social_posts', ['social_post_id'], ['id'])
    op.drop_index('uq_reported_days', table_name='reported_days')
    op.create_index('uq_reported_days', 'reported_days', ['account_id', 'day', 'source', 'social_post_id'], unique=True, postgresql_nulls_not_distinct=True)
    op.create_index('ix_reported_days_social_post', 'reported_days', ['social_post_id'], postgresql_where=sa.text('social_post_id is not null'))
    replace_view('and social_post_id is null')
