"""The pace of studies is kept with the rest of the load on a PACS."""

import sqlalchemy as sa
from alembic import op

revision = "mover0002"
down_revision = "mover0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Drop the mover's own table of it: what it holds is over within minutes."""
    op.drop_table("mover_paces")


def downgrade() -> None:
    """Make it again."""
    op.create_table(
        "mover_paces",
        sa.Column("pacs", sa.String(64), primary_key=True),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
    )
