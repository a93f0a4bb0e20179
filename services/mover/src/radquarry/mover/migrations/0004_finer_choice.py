"""Orders name single instances, and the priors of their studies."""

import sqlalchemy as sa
from alembic import op

revision = "mover0004"
down_revision = "mover0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; what was ordered before wants neither."""
    op.add_column("mover_retrievals", sa.Column("priors", sa.Text, nullable=False, server_default=""))
    op.add_column("mover_studies", sa.Column("sop_instance_uids", sa.Text, nullable=False, server_default=""))
    op.add_column("mover_studies", sa.Column("prior_of", sa.String(64), nullable=False, server_default=""))


def downgrade() -> None:
    """Drop them."""
    op.drop_column("mover_retrievals", "priors")
    op.drop_column("mover_studies", "sop_instance_uids")
    op.drop_column("mover_studies", "prior_of")
