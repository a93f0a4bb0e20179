"""What each day held when it was last listed whole, what is gone, and how far the worklist has come.

A branch of its own beside the tables of portions and profiles: neither needs the other.
"""

import sqlalchemy as sa
from alembic import op

revision = "finder0004"
down_revision = "finder0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "finder_seen",
        sa.Column("pacs", sa.String(64), primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("sights", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "finder_gone",
        sa.Column("pacs", sa.String(64), primary_key=True),
        sa.Column("study_instance_uid", sa.String(64), primary_key=True),
        sa.Column("gone_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("former", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "finder_changes",
        sa.Column("crawl_id", sa.Uuid, primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("modality", sa.String(16), primary_key=True),
        sa.Column("study_instance_uid", sa.String(64), primary_key=True),
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("message", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "finder_followed",
        sa.Column("pacs", sa.String(64), primary_key=True),
        sa.Column("after_days", sa.Integer, primary_key=True),
        sa.Column("begun", sa.Date, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
    )


def downgrade() -> None:
    """Drop them."""
    for name in ("finder_followed", "finder_changes", "finder_gone", "finder_seen"):
        op.drop_table(name)
