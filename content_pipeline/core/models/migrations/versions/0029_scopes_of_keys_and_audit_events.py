"""scopes, names and expiry of API keys, and audit events"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0029'
down_revision = '0028'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Keys that exist may do everything, as before. Without a default: no later key gets scopes that nobody chose.
    op.add_column('api_keys', sa.Column('name', sa.String(), server_default='unnamed', nullable=False))
    op.add_column('api_keys', sa.Column(
        'scopes', postgresql.ARRAY(sa.String()), server_default='{read,create,publish,admin}', nullable=False,
    ))
    for column in ('name', 'scopes'):
        op.alter_column('api_keys', column, server_default=None)
    op.add_column('api_keys', sa.Column('created_by', sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f('fk_api_keys_created_by_api_keys'), 'api_keys', 'api_keys', ['created_by'], ['id'])
    op.add_column('api_keys', sa.Column('expires_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('api_keys', sa.Column('last_used_at', sa.DateTime(timezone=True), nullable=True))
    op.execute("""
        create function notify_key_changed() returns trigger language plpgsql as $$
        begin
            perform pg_notify('api_key_changes', new.id::text);
            return null;
        end $$
    """)
    op.execute("""
        create trigger notify_changed after update of revoked_at, expires_at, scopes on api_keys for each row
        execute function notify_key_changed()
    """)
    op.add_column('plans', sa.Column('api_keys', sa.Integer(), server_default='5', nullable=False))
    op.add_column('plans', sa.Column('audit_days', sa.Integer(), server_default='90', nullable=False))
    op.execute("update plans set api_keys = 50, audit_days = 365 where name = 'studio'")
    for column in ('api_keys', 'audit_days'):
        op.alter_column('plans', column, server_default=None)
    op.add_column('connect_states', sa.Column('api_key_id', sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f('fk_connect_states_api_key_id_api_keys'), 'connect_states', 'api_keys', ['api_key_id'], ['id'],
    )
    op.create_table('audit_events',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('workspace_id', sa.Uuid(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('actor', sa.String(), nullable=False),
    sa.Column('actor_name', sa.String(), nullable=False),
    sa.Column('api_key_id', sa.Uuid(), nullable=True),
    sa.Column('address', sa.String(), nullable=True),
    sa.Column('request_id', sa.String(), nullable=True),
    sa.Column('action', sa.String(), nullable=False),
    sa.Column('object_type', sa.String(), nullable=False),
    sa.Column('object_id', sa.String(), nullable=True),
    sa.Column('outcome', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['api_key_id'], ['api_keys.id'], name=op.f('fk_audit_events_api_key_id_api_keys')),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_audit_events_workspace_id_workspaces')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_events'))
    )
    newest = (sa.text('at desc'), sa.text('id desc'))
    op.create_index('ix_audit_events_workspace_newest', 'audit_events', ['workspace_id', *newest])
    op.create_index('ix_audit_events_object_newest', 'audit_events', ['workspace_id', 'object_id', *newest])
    op.create_index('ix_audit_events_key_newest', 'audit_events', ['api_key_id', *newest])
    op.execute("""
        create function refuse_update() returns trigger language plpgsql as $$
        begin
            raise exception 'the rows of % are not changed', tg_table_name;
        end $$
    """)
    op.execute("""
        create trigger append_only before update on audit_events for each statement execute function refuse_update()
    """)


def downgrade() -> None:
    op.drop_table('audit_events')
    op.execute('drop function refuse_update')
    op.drop_column('connect_states', 'api_key_id')
    for column in ('api_keys', 'audit_days'):
        op.drop_column('plans', column)
    op.execute('drop trigger notify_changed on api_keys')
    op.execute('drop function notify_key_changed')
    for column in ('last_used_at', 'expires_at', 'created_by', 'scopes', 'name'):
        op.drop_column('api_keys', column)
