"""Reports to ask for again."""

import sqlalchemy as sa
from alembic import op

revision = "ris0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "ris_fetcher_missing",
        sa.Column("study_instance_uid", sa.String(64), primary_key=True),
        sa.Column("found", sa.Text, nullable=False),
        sa.Column("asked", sa.Integer, nullable=False),
        sa.Column("ask_again_at", sa.DateTime(timezone=True), nullable=False, index=True),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("ris_fetcher_missing")
