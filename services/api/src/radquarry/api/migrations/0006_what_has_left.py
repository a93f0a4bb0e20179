"""When images left the archive, and when those of a retrieval were stored; hours of single orders."""

import sqlalchemy as sa
from alembic import op

revision = "api0006"
down_revision = "api0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns, unknown and empty for what came before, and the table."""
    op.add_column("api_retrievals", sa.Column("windows", sa.Text, nullable=False, server_default="[]"))
    op.add_column("api_retrieval_instances", sa.Column("stored_us", sa.BigInteger, nullable=False, server_default="0"))
    op.create_table(
        "api_departures",
        sa.Column("study_instance_uid", sa.String(64), primary_key=True),
        sa.Column("sop_instance_uid", sa.String(64), primary_key=True),
        sa.Column("stored_us", sa.BigInteger, primary_key=True),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("api_departures")
    op.drop_column("api_retrieval_instances", "stored_us")
    op.drop_column("api_retrievals", "windows")
