"""What does not arrive for its own sake is counted file by file; deliveries ask for what was not heard."""

import sqlalchemy as sa
from alembic import op

revision = "exporter0002"
down_revision = "exporter0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing was tried in vain so far, as far as a single file knows."""
    op.add_column("exporter_instances", sa.Column("attempts", sa.Integer, nullable=False, server_default="0"))
    op.add_column("exporter_instances", sa.Column("due", sa.DateTime(timezone=True)))
    op.add_column("exporter_instances", sa.Column("broke_off", sa.Boolean, nullable=False, server_default=sa.false()))
    op.drop_column("exporter_studies", "attempts")
    op.add_column("exporter_deliveries", sa.Column("asked_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    """Studies count again, from the beginning."""
    op.drop_column("exporter_deliveries", "asked_at")
    op.add_column("exporter_studies", sa.Column("attempts", sa.Integer, nullable=False, server_default="0"))
    for name in ("broke_off", "due", "attempts"):
        op.drop_column("exporter_instances", name)
