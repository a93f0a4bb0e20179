"""Orders say what a study consists of, where the index knows it."""

import sqlalchemy as sa
from alembic import op

revision = "mover0006"
down_revision = "mover0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Of what was ordered before the PACS is asked."""
    op.add_column("mover_studies", sa.Column("listed", sa.Text, nullable=False, server_default=""))
    op.add_column("mover_series", sa.Column("ordered", sa.Integer, nullable=False, server_default="0"))


def downgrade() -> None:
    """Drop them."""
    op.drop_column("mover_series", "ordered")
    op.drop_column("mover_studies", "listed")
