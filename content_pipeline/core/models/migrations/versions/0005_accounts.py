"""accounts, the consents that lead to them, and where these may lead back to"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('accounts',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('workspace_id', sa.Uuid(), nullable=False),
    sa.Column('platform', sa.String(), nullable=False),
    sa.Column('user_id', sa.String(), nullable=False),
    sa.Column('handle', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('status', sa.String(), nullable=False),
    sa.Column('reason', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('scopes', postgresql.ARRAY(sa.String()), nullable=False),
    sa.Column('access_token', sa.LargeBinary(), nullable=True),
    sa.Column('refresh_token', sa.LargeBinary(), nullable=True),
    sa.Column('access_expires_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('refresh_expires_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('issued_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('refreshing_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('connected_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_accounts_workspace_id_workspaces')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_accounts')),
    sa.UniqueConstraint('workspace_id', 'platform', 'user_id', name=op.f('uq_accounts_workspace_id'))
    )
    op.create_index('ix_accounts_platform_user', 'accounts', ['platform', 'user_id'], unique=False)
    op.create_index('ix_accounts_workspace_newest', 'accounts', ['workspace_id', sa.literal_column('created_at desc'), sa.literal_column('id desc')], unique=False)
    op.create_table('connect_states',
    sa.Column('sha256', sa.LargeBinary(), nullable=False),
    sa.Column('workspace_id', sa.Uuid(), nullable=False),
    sa.Column('platform', sa.String(), nullable=False),
    sa.Column('redirect_uri', sa.String(), nullable=False),
    sa.Column('client_state', sa.String(), nullable=True),
    sa.Column('verifier', sa.LargeBinary(), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_connect_states_workspace_id_workspaces')),
    sa.PrimaryKeyConstraint('sha256', name=op.f('pk_connect_states'))
    )
    op.create_index(op.f('ix_connect_states_expires_at'), 'connect_states', ['expires_at'], unique=False)
    op.create_table('redirect_uris',
    sa.Column('workspace_id', sa.Uuid(), nullable=False),
    sa.Column('uri', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_redirect_uris_workspace_id_workspaces')),
    sa.PrimaryKeyConstraint('workspace_id', 'uri', name=op.f('pk_redirect_uris'))
    )
    op.add_column('twins', sa.Column('accounts', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False))


def downgrade() -> None:
    op.drop_column('twins', 'accounts')
    op.drop_table('redirect_uris')
    op.drop_index(op.f('ix_connect_states_expires_at'), table_name='connect_states')
    op.drop_table('connect_states')
    op.drop_index('ix_accounts_workspace_newest', table_name='accounts')
    op.drop_index('ix_accounts_platform_user', table_name='accounts')
    op.drop_table('accounts')
