"""version 1.0"""

from content_pipeline.core.models.migrations import version_1_0

revision = '1001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    version_1_0.create()


def downgrade() -> None:
    raise NotImplementedError('Nothing comes before version 1.0. Drop the database instead.')
