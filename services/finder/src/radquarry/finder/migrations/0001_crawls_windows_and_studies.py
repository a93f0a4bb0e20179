"""Crawls, the windows that are closed, and which window found which study first."""

import sqlalchemy as sa
from alembic import op

revision = "finder0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the finder's tables."""
    op.create_table(
        "finder_crawls",
        sa.Column("crawl_id", sa.Uuid, primary_key=True),
        sa.Column("windows_planned", sa.Integer),
        sa.Column("windows_closed", sa.Integer, nullable=False),
        sa.Column("windows_with_gaps", sa.Integer, nullable=False),
        sa.Column("studies", sa.Integer, nullable=False),
        sa.Column("is_cancelled", sa.Boolean, nullable=False),
    )
    op.create_table(
        "finder_windows",
        sa.Column("crawl_id", sa.Uuid, primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("modality", sa.String(16), primary_key=True),
        sa.Column("studies", sa.Integer, nullable=False),
        sa.Column("queries", sa.Integer, nullable=False),
        sa.Column("gaps", sa.Text, nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "finder_found",
        sa.Column("crawl_id", sa.Uuid, primary_key=True),
        sa.Column("study_instance_uid", sa.String(64), primary_key=True),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("modality", sa.String(16), nullable=False),
    )
    op.create_index("finder_found_by_window", "finder_found", ["crawl_id", "day", "modality"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("finder_found")
    op.drop_table("finder_windows")
    op.drop_table("finder_crawls")
