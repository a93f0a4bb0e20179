"""What a crawl met that contradicts the PACS's profile.

A branch of its own: nothing else needs it.
"""

import sqlalchemy as sa
from alembic import op

revision = "api0004"
down_revision = "api0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; crawls of before met nothing."""
    op.add_column("api_crawls", sa.Column("contradictions", sa.Text, nullable=False, server_default="{}"))


def downgrade() -> None:
    """Take it away again."""
    op.drop_column("api_crawls", "contradictions")
