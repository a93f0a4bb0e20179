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


def downgrade() -> None:
    """Drop it."""
    op.drop_column("mover_studies", "listed")
