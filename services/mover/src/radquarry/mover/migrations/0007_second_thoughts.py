"""Single studies of a retrieval are asked for again, or given up."""

import sqlalchemy as sa
from alembic import op

revision = "mover0007"
down_revision = "mover0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; nobody has said anything of what was ordered before."""
    op.add_column("mover_studies", sa.Column("given_up", sa.Text, nullable=False, server_default=""))
    op.add_column("mover_studies", sa.Column("told_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    """Drop them."""
    op.drop_column("mover_studies", "told_at")
    op.drop_column("mover_studies", "given_up")
