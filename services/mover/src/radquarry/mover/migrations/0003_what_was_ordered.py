"""The ledger knows how often an instance was ordered, and what the PACS said of it."""

import sqlalchemy as sa
from alembic import op

revision = "mover0003"
down_revision = "mover0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; what was ordered before counts as not ordered."""
    op.add_column("mover_instances", sa.Column("ordered", sa.Integer, nullable=False, server_default="0"))
    op.add_column("mover_instances", sa.Column("ordered_at", sa.DateTime(timezone=True)))
    op.add_column("mover_instances", sa.Column("problem", sa.Text, nullable=False, server_default=""))


def downgrade() -> None:
    """Drop them."""
    for column in ("ordered", "ordered_at", "problem"):
        op.drop_column("mover_instances", column)
