"""deletion of captions, batches, reels and avatar videos, removal of posts"""

import sqlalchemy as sa
from alembic import op

revision = '0030'
down_revision = '0025'
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
    for table in DELETABLE:
        op.drop_column(table, 'deleted_at')
