"""How large the images of each modality are, and how fast each PACS sends."""

import sqlalchemy as sa
from alembic import op

revision = "mover0005"
down_revision = "mover0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What came before is learnt when its study is retrieved again."""
    op.add_column("mover_series", sa.Column("received", sa.Integer, nullable=False, server_default="0"))
    op.add_column("mover_series", sa.Column("bytes", sa.BigInteger, nullable=False, server_default="0"))
    op.create_table(
        "mover_rates",
        sa.Column("pacs", sa.String(64), primary_key=True),
        sa.Column("bytes", sa.Float, nullable=False),
        sa.Column("seconds", sa.Float, nullable=False),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("mover_rates")
    op.drop_column("mover_series", "received")
    op.drop_column("mover_series", "bytes")
