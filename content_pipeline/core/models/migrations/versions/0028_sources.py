"""sources of posts, captions and burn-ins that are stored here"""

import sqlalchemy as sa
from alembic import op

revision = '0028'
down_revision = '0027'
branch_labels = None
depends_on = None

# Looked up by the foreign keys when captions are purged.
PURGED = [('publications', 'burn_in_id'), ('calendar_items', 'burn_in_id'), ('calendar_items', 'caption_id')]


def upgrade() -> None:
    op.add_column('publications', sa.Column('burn_in_id', sa.Uuid(), nullable=True))
    op.add_column('publications', sa.Column('upload_id', sa.Uuid(), nullable=True))
    op.add_column('publications', sa.Column('copy_id', sa.Uuid(), nullable=True))
    op.create_index(op.f('ix_publications_copy_id'), 'publications', ['copy_id'], unique=False)
    op.create_foreign_key(op.f('fk_publications_burn_in_id_burn_ins'), 'publications', 'burn_ins', ['burn_in_id'], ['id'], ondelete='SET NULL')
    op.create_foreign_key(op.f('fk_publications_upload_id_uploads'), 'publications', 'uploads', ['upload_id'], ['id'])
    op.add_column('burn_ins', sa.Column('source_url', sa.String(), nullable=True))
    op.add_column('calendar_items', sa.Column('caption_id', sa.Uuid(), nullable=True))
    op.add_column('calendar_items', sa.Column('burn_in_id', sa.Uuid(), nullable=True))
    op.add_column('calendar_items', sa.Column('upload_id', sa.Uuid(), nullable=True))
    op.add_column('calendar_items', sa.Column('is_video_given', sa.Boolean(), server_default=sa.text('false'), nullable=False))
    op.add_column('calendar_items', sa.Column('copy_id', sa.Uuid(), nullable=True))
    op.create_index(op.f('ix_calendar_items_upload_id'), 'calendar_items', ['upload_id'], unique=False)
    op.create_index(op.f('ix_calendar_items_copy_id'), 'calendar_items', ['copy_id'], unique=False)
    op.create_foreign_key(op.f('fk_calendar_items_caption_id_captions'), 'calendar_items', 'captions', ['caption_id'], ['id'], ondelete='SET NULL')
    op.create_foreign_key(op.f('fk_calendar_items_burn_in_id_burn_ins'), 'calendar_items', 'burn_ins', ['burn_in_id'], ['id'], ondelete='SET NULL')
    op.create_foreign_key(op.f('fk_calendar_items_upload_id_uploads'), 'calendar_items', 'uploads', ['upload_id'], ['id'])
    for table, column in PURGED:
        op.create_index(f'ix_{table}_{column}', table, [column], postgresql_where=sa.text(f'{column} is not null'))
    op.execute('update calendar_items set is_video_given = true, reel_id = null, avatar_video_id = null where reel_url is not null')


def downgrade() -> None:
    op.drop_column('calendar_items', 'copy_id')
    op.drop_column('calendar_items', 'is_video_given')
    op.drop_column('calendar_items', 'upload_id')
    op.drop_column('calendar_items', 'burn_in_id')
    op.drop_column('calendar_items', 'caption_id')
    op.drop_column('burn_ins', 'source_url')
    op.drop_column('publications', 'copy_id')
    op.drop_column('publications', 'upload_id')
    op.drop_column('publications', 'burn_in_id')
