"""When what did not arrive of a delivery is tried again by itself."""

import sqlalchemy as sa
from alembic import op

revision = "api0010"
down_revision = "api0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("api_delivery_studies", sa.Column("again_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("api_delivery_studies", "again_at")
