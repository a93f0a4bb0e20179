"""What each PACS was found to be by probing it, and what contradicted that since."""

import sqlalchemy as sa
from alembic import op

revision = "finder0003"
down_revision = "finder0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "finder_profiles",
        sa.Column("pacs", sa.String(64), primary_key=True),
        sa.Column("profile", sa.Text),
        sa.Column("order_id", sa.Uuid),
        sa.Column("problem", sa.Text, nullable=False),
        sa.Column("is_said", sa.Boolean, nullable=False),
    )
    op.create_table(
        "finder_contradictions",
        sa.Column("pacs", sa.String(64), primary_key=True),
        sa.Column("kind", sa.String(64), primary_key=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_said", sa.Boolean, nullable=False),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("finder_contradictions")
    op.drop_table("finder_profiles")
