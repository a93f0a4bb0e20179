"""Lists that a RIS gave for crawls."""

import sqlalchemy as sa
from alembic import op

revision = "ris0002"
down_revision = "ris0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "ris_fetcher_listings",
        sa.Column("crawl_id", sa.String(36), primary_key=True),
        sa.Column("attempt", sa.String(36), nullable=False),
        sa.Column("portions", sa.Integer),
    )
    op.create_table(
        "ris_fetcher_portions",
        sa.Column("crawl_id", sa.String(36), primary_key=True),
        sa.Column("portion", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("rows", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("ris_fetcher_portions")
    op.drop_table("ris_fetcher_listings")
