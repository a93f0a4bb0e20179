"""Limits that an administrator sets, what back-off leaves of them, and the pace of requests and studies."""

import sqlalchemy as sa
from alembic import op

revision = "load0002"
down_revision = "load0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "load_limits",
        sa.Column("pacs", sa.String(64), primary_key=True),
        sa.Column("limits", sa.Text, nullable=False),
        sa.Column("requested_by", sa.String(200), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "load_eases",
        sa.Column("pacs", sa.String(64), primary_key=True),
        sa.Column("allowed", sa.Integer, nullable=False),
        sa.Column("pauses", sa.Integer, nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_table(
        "load_paces",
        sa.Column("pacs", sa.String(64), primary_key=True),
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    """Drop them."""
    for table in ("load_paces", "load_eases", "load_limits"):
        op.drop_table(table)
