"""Slots of traffic, and the stop button."""

import sqlalchemy as sa
from alembic import op

revision = "load0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of the load."""
    op.create_table(
        "load_slots",
        sa.Column("pacs", sa.String(64), primary_key=True),
        sa.Column("slot", sa.Integer, primary_key=True),
        sa.Column("holder", sa.String(36), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "load_stops",
        sa.Column("pacs", sa.String(64), primary_key=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("requested_by", sa.String(200), nullable=False),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("load_stops")
    op.drop_table("load_slots")
