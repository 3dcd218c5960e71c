"""deletion of captions, batches, reels and avatar videos, removal of posts, exports of workspaces"""

import sqlalchemy as sa
from alembic import op

revision = '0030'
down_revision = '0029'
branch_labels = None
depends_on = None

DELETABLE = ['captions', 'batches', 'reels', 'avatar_videos', 'tasks']
REMOVAL = ['removing_at', 'removed_at']
# Looked up when a video is deleted, by us and by the foreign keys.
VIDEOS = [(table, video) for table in ('calendar_items', 'publications') for video in ('reel_id', 'avatar_video_id')]

# A release that does not know of deletion would show the rows again, or miss the tasks of those that it shows.
DELETED = 'deleted_at is not null'
PURGE = [
    f'update reels set batch_id = null where {DELETED}',
    f'update avatar_videos set batch_id = null where {DELETED}',
    f'delete from webhook_endpoints where task_id in (select id from tasks where {DELETED})',
    f'delete from tasks where {DELETED}',
    f'delete from burn_ins where caption_id in (select id from captions where {DELETED})',
    f'delete from captions where {DELETED}',
    f'delete from reels where {DELETED} and id not in (select reel_id from publications where reel_id is not null)',
    f'delete from avatar_videos where {DELETED}'
    ' and id not in (select avatar_video_id from publications where avatar_video_id is not null)',
    f'delete from batches where {DELETED}',
]


def upgrade() -> None:
    for table in DELETABLE:
        op.add_column(table, sa.Column('deleted_at', sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        'workspace_exports',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('workspace_id', sa.Uuid(), nullable=False),
        sa.Column('with_files', sa.Boolean(), nullable=False),
        sa.Column('object_key', sa.String(), nullable=True),
        sa.Column('rows', sa.Integer(), nullable=True),
        sa.Column('files', sa.Integer(), nullable=True),
        sa.Column('bytes', sa.BigInteger(), nullable=True),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('written_at', sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_workspace_exports_workspace_id_workspaces')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_workspace_exports')),
    )
    op.create_index(op.f('ix_workspace_exports_workspace_id'), 'workspace_exports', ['workspace_id'])
    op.add_column('plans', sa.Column('workspace_export_days', sa.Integer(), server_default='1', nullable=False))
    op.execute("update plans set workspace_export_days = 7 where name = 'studio'")
    op.alter_column('plans', 'workspace_export_days', server_default=None)
    for column in REMOVAL:
        op.add_column('publications', sa.Column(column, sa.DateTime(timezone=True), nullable=True))
    for table, video in VIDEOS:
        op.create_index(f'ix_{table}_{video}', table, [video], postgresql_where=sa.text(f'{video} is not null'))


def downgrade() -> None:
    for statement in PURGE:
        op.execute(statement)
    for table, video in VIDEOS:
        op.drop_index(f'ix_{table}_{video}', table_name=table)
    for column in reversed(REMOVAL):
        op.drop_column('publications', column)
    op.drop_column('plans', 'workspace_export_days')
    op.execute("delete from tasks where kind = 'workspace_export'")
    op.drop_table('workspace_exports')
    for table in DELETABLE:
        op.drop_column(table, 'deleted_at')
