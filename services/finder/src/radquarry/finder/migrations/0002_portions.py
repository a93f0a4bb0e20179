"""Portions of lists and queries, what a cancelled crawl left unasked, and when a crawl was cancelled or resumed."""

import sqlalchemy as sa
from alembic import op

revision = "finder0002"
down_revision = "finder0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add to the crawls and windows; make the tables of portions."""
    op.add_column("finder_crawls", sa.Column("switched_at", sa.DateTime(timezone=True)))
    op.add_column("finder_windows", sa.Column("standing", sa.String(8), nullable=False, server_default="closed"))
    op.add_column("finder_windows", sa.Column("unasked_order", sa.Text))
    op.create_table(
        "finder_portions",
        sa.Column("crawl_id", sa.Uuid, primary_key=True),
        sa.Column("portion", sa.Integer, primary_key=True),
        sa.Column("studies", sa.Integer, nullable=False),
        sa.Column("queries", sa.Integer, nullable=False),
        sa.Column("results", sa.Text, nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("standing", sa.String(8), nullable=False, server_default="closed"),
        sa.Column("unasked_order", sa.Text),
    )
    op.create_table(
        "finder_portions_found",
        sa.Column("crawl_id", sa.Uuid, primary_key=True),
        sa.Column("study_instance_uid", sa.String(64), primary_key=True),
        sa.Column("portion", sa.Integer, nullable=False),
    )
    op.create_index("finder_portions_found_by_portion", "finder_portions_found", ["crawl_id", "portion"])
    op.create_table(
        "finder_portions_listed",
        sa.Column("crawl_id", sa.Uuid, primary_key=True),
        sa.Column("listing", sa.Integer, primary_key=True),
        sa.Column("portions", sa.Integer, nullable=False),
        sa.Column("is_last", sa.Boolean, nullable=False),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("finder_portions_listed")
    op.drop_table("finder_portions_found")
    op.drop_table("finder_portions")
    op.drop_column("finder_windows", "unasked_order")
    op.drop_column("finder_windows", "standing")
    op.drop_column("finder_crawls", "switched_at")
