"""workspaces, tasks, executions and captions"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('executions',
    sa.Column('run_id', sa.String(), nullable=False),
    sa.Column('worker', sa.String(), nullable=True),
    sa.Column('beat_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('stop', sa.Boolean(), nullable=False),
    sa.Column('subject', sa.String(), nullable=True),
    sa.PrimaryKeyConstraint('run_id', name=op.f('pk_executions'))
    )
    op.create_index('uq_executions_subject_live', 'executions', ['subject'], unique=True, postgresql_where=sa.text('not stop'))
    op.create_table('plans',
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('requests_per_minute', sa.Integer(), nullable=False),
    sa.Column('upload_bytes', sa.BigInteger(), nullable=False),
    sa.Column('media_seconds', sa.Integer(), nullable=False),
    sa.Column('rows_per_batch', sa.Integer(), nullable=False),
    sa.Column('accounts', sa.Integer(), nullable=False),
    sa.Column('credits', sa.BigInteger(), nullable=False),
    sa.Column('interactive_runs', sa.Integer(), nullable=False),
    sa.Column('concurrent_runs', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_plans'))
    )
    op.create_table('rate_limits',
    sa.Column('bucket', sa.String(), nullable=False),
    sa.Column('empty_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('bucket', name=op.f('pk_rate_limits')),
    prefixes=['UNLOGGED']
    )
    op.create_table('workspaces',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('plan', sa.String(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['plan'], ['plans.name'], name=op.f('fk_workspaces_plan_plans')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_workspaces')),
    sa.UniqueConstraint('name', name=op.f('uq_workspaces_name'))
    )
    op.create_table('api_keys',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('workspace_id', sa.Uuid(), nullable=False),
    sa.Column('sha256', sa.LargeBinary(), nullable=False),
    sa.Column('hint', sa.String(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_api_keys_workspace_id_workspaces')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_api_keys')),
    sa.UniqueConstraint('sha256', name=op.f('uq_api_keys_sha256'))
    )
    op.create_index(op.f('ix_api_keys_workspace_id'), 'api_keys', ['workspace_id'], unique=False)
    op.create_table('captions',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('workspace_id', sa.Uuid(), nullable=False),
    sa.Column('source_url', sa.String(), nullable=True),
    sa.Column('source_key', sa.String(), nullable=True),
    sa.Column('media', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('language', sa.String(), nullable=False),
    sa.Column('spoken_language', sa.String(), nullable=True),
    sa.Column('words', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('segments', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('edited_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_captions_workspace_id_workspaces')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_captions'))
    )
    op.create_index('ix_captions_workspace_newest', 'captions', ['workspace_id', sa.literal_column('created_at desc'), sa.literal_column('id desc')], unique=False)
    op.create_table('tasks',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('workspace_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('subject_kind', sa.String(), nullable=False),
    sa.Column('subject_key', sa.String(), nullable=False),
    sa.Column('lane', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('progress', sa.Integer(), nullable=False),
    sa.Column('progress_base', sa.Integer(), nullable=False),
    sa.Column('error', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('attempt', sa.Integer(), nullable=False),
    sa.Column('starts', sa.Integer(), nullable=False),
    sa.Column('not_before', sa.DateTime(timezone=True), nullable=True),
    sa.Column('retry_of', sa.String(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['retry_of'], ['tasks.id'], name=op.f('fk_tasks_retry_of_tasks')),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_tasks_workspace_id_workspaces')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tasks'))
    )
    op.create_index('ix_tasks_key_newest', 'tasks', ['kind', 'key', sa.literal_column('created_at desc')], unique=False)
    op.create_index('ix_tasks_open', 'tasks', ['created_at'], unique=False, postgresql_where=sa.text("state in ('queued', 'processing', 'waiting')"))
    op.create_index('ix_tasks_workspace_newest', 'tasks', ['workspace_id', sa.literal_column('created_at desc'), sa.literal_column('id desc')], unique=False)
    op.create_index('uq_tasks_subject_open', 'tasks', ['subject_kind', 'subject_key'], unique=True, postgresql_where=sa.text("state in ('queued', 'processing', 'waiting')"))
    op.create_table('burn_ins',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('caption_id', sa.Uuid(), nullable=False),
    sa.Column('workspace_id', sa.Uuid(), nullable=False),
    sa.Column('style', sa.String(), nullable=False),
    sa.Column('font_size', sa.Integer(), nullable=False),
    sa.Column('font_color', sa.String(), nullable=False),
    sa.Column('position', sa.String(), nullable=False),
    sa.Column('with_caption', sa.Boolean(), nullable=False),
    sa.Column('output_key', sa.String(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['caption_id'], ['captions.id'], name=op.f('fk_burn_ins_caption_id_captions')),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_burn_ins_workspace_id_workspaces')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_burn_ins'))
    )
    op.create_index(op.f('ix_burn_ins_caption_id'), 'burn_ins', ['caption_id'], unique=False)
    op.create_table('idempotency_keys',
    sa.Column('api_key_id', sa.Uuid(), nullable=False),
    sa.Column('endpoint', sa.String(), nullable=False),
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('fingerprint', sa.LargeBinary(), nullable=False),
    sa.Column('status', sa.Integer(), nullable=True),
    sa.Column('body', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('location', sa.String(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['api_key_id'], ['api_keys.id'], name=op.f('fk_idempotency_keys_api_key_id_api_keys')),
    sa.PrimaryKeyConstraint('api_key_id', 'endpoint', 'key', name=op.f('pk_idempotency_keys'))
    )
    op.create_index(op.f('ix_idempotency_keys_created_at'), 'idempotency_keys', ['created_at'], unique=False)

    # starter is what a trial gets; studio, the default of `keys create`, is generous.
    op.execute(
        """
        insert into plans (name, requests_per_minute, upload_bytes, media_seconds, rows_per_batch, accounts, credits,
                           interactive_runs, concurrent_runs)
        values ('starter', 120, 200000000, 1800, 20, 4, 1000, 1, 2),
               ('studio', 1200, 2000000000, 14400, 100, 100, 1000000, 4, 1000)
        """
    )


def downgrade() -> None:
    op.drop_index(op.f('ix_idempotency_keys_created_at'), table_name='idempotency_keys')
    op.drop_table('idempotency_keys')
    op.drop_index(op.f('ix_burn_ins_caption_id'), table_name='burn_ins')
    op.drop_table('burn_ins')
    op.drop_index('uq_tasks_subject_open', table_name='tasks', postgresql_where=sa.text("state in ('queued', 'processing', 'waiting')"))
    op.drop_index('ix_tasks_workspace_newest', table_name='tasks')
    op.drop_index('ix_tasks_open', table_name='tasks', postgresql_where=sa.text("state in ('queued', 'processing', 'waiting')"))
    op.drop_index('ix_tasks_key_newest', table_name='tasks')
    op.drop_table('tasks')
    op.drop_index('ix_captions_workspace_newest', table_name='captions')
    op.drop_table('captions')
    op.drop_index(op.f('ix_api_keys_workspace_id'), table_name='api_keys')
    op.drop_table('api_keys')
    op.drop_table('workspaces')
    op.drop_table('rate_limits')
    op.drop_table('plans')
    op.drop_index('uq_executions_subject_live', table_name='executions', postgresql_where=sa.text('not stop'))
    op.drop_table('executions')
