"""uploads"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0027'
down_revision = '0025'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('uploads',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('workspace_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('file_key', sa.String(), nullable=False),
    sa.Column('file_name', sa.String(), nullable=False),
    sa.Column('content_type', sa.String(), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('media', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('width', sa.Integer(), nullable=True),
    sa.Column('height', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('deleted_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_uploads_workspace_id_workspaces')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_uploads'))
    )
    op.create_index('ix_uploads_workspace_newest', 'uploads', ['workspace_id', sa.literal_column('created_at desc'), sa.literal_column('id desc')], unique=False)
    op.create_index('ix_uploads_expiring', 'uploads', ['expires_at'], unique=False, postgresql_where=sa.text('deleted_at is null'))
    op.create_table('multipart_uploads',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('workspace_id', sa.Uuid(), nullable=False),
    sa.Column('file_key', sa.String(), nullable=False),
    sa.Column('file_name', sa.String(), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('part_size', sa.BigInteger(), nullable=False),
    sa.Column('store_id', sa.String(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_multipart_uploads_workspace_id_workspaces')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_multipart_uploads'))
    )
    op.create_index('ix_multipart_uploads_created_at', 'multipart_uploads', ['created_at'], unique=False)
    op.create_index(op.f('ix_multipart_uploads_workspace_id'), 'multipart_uploads', ['workspace_id'], unique=False)
    op.add_column('plans', sa.Column('upload_storage_bytes', sa.BigInteger(), server_default='2000000000', nullable=False))
    op.add_column('plans', sa.Column('upload_days', sa.Integer(), server_default='30', nullable=False))
    op.execute("update plans set upload_storage_bytes = 100000000000, upload_days = 365 where name = 'studio'")
    op.alter_column('plans', 'upload_storage_bytes', server_default=None)
    op.alter_column('plans', 'upload_days', server_default=None)


def downgrade() -> None:
    op.drop_column('plans', 'upload_days')
    op.drop_column('plans', 'upload_storage_bytes')
    op.drop_table('multipart_uploads')
    op.drop_table('uploads')
