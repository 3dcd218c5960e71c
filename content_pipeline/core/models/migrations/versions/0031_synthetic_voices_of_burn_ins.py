"""whether a voice of ours speaks in recordings and burn-ins, also when their source is deleted"""

import sqlalchemy as sa
from alembic import op

revision = '0031'
down_revision = '0030'
branch_labels = None
depends_on = None

MADE_HERE = "source_url ~ '^s3://[^/]+/[^/]+/(reels|avatars)/'"


def upgrade() -> None:
    for table in ('captions', 'burn_ins'):
        op.add_column(table, sa.Column('is_synthetic', sa.Boolean(), server_default=sa.text('false'), nullable=False))
        op.execute(f'update {table} set is_synthetic = true where {MADE_HERE}')
    of_recording = 'source_url is null and caption_id in (select id from captions where is_synthetic)'
    op.execute(f'update burn_ins set is_synthetic = true where {of_recording}')


def downgrade() -> None:
    for table in ('burn_ins', 'captions'):
        op.drop_column(table, 'is_synthetic')
