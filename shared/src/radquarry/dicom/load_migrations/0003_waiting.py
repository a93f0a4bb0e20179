"""Who waits for an association, and since when."""

import sqlalchemy as sa
from alembic import op

revision = "load0003"
down_revision = "load0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "load_waiting",
        sa.Column("holder", sa.String(36), primary_key=True),
        sa.Column("pacs", sa.String(64), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("load_waiting")
