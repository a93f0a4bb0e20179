"""Who refused a question who is behind a pseudonym, when, and why."""

import sqlalchemy as sa
from alembic import op

revision = "api0008"
down_revision = "api0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns: nothing was refused before."""
    op.add_column("api_reidentifications", sa.Column("refused_by", sa.String(200), nullable=False, server_default=""))
    op.add_column("api_reidentifications", sa.Column("refused_at", sa.DateTime(timezone=True)))
    op.add_column("api_reidentifications", sa.Column("refusal", sa.Text, nullable=False, server_default=""))


def downgrade() -> None:
    """Drop them."""
    for name in ("refusal", "refused_at", "refused_by"):
        op.drop_column("api_reidentifications", name)
