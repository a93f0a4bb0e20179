"""Retrievals, their studies, leases, and the ledger of instances."""

import sqlalchemy as sa
from alembic import op

revision = "mover0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of the mover."""
    _make_orders()
    _make_ledger()
    op.create_table(
        "mover_leases",
        sa.Column("study_instance_uid", sa.String(64), primary_key=True),
        sa.Column("holder", sa.String(36), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "mover_paces",
        sa.Column("pacs", sa.String(64), primary_key=True),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
    )


def _make_orders() -> None:
    op.create_table(
        "mover_retrievals",
        sa.Column("retrieval_id", sa.String(36), primary_key=True),
        sa.Column("order_id", sa.String(36), nullable=False),
        sa.Column("trail", sa.String(36), nullable=False),
        sa.Column("choice", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("refused", sa.Integer, nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
    )
    op.create_table(
        "mover_studies",
        sa.Column("retrieval_id", sa.String(36), primary_key=True),
        sa.Column("study_instance_uid", sa.String(64), primary_key=True),
        sa.Column("pacs", sa.String(64), nullable=False),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("delays", sa.Integer, nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True)),
        sa.Column("chosen", sa.Text, nullable=False),
        sa.Column("whole", sa.Boolean, nullable=False),
        sa.Column("expected", sa.Integer),
        sa.Column("received", sa.Integer, nullable=False),
        sa.Column("problem", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
    )
    op.create_index("mover_studies_due", "mover_studies", ["pacs", "state", "due"])


def _make_ledger() -> None:
    op.create_table(
        "mover_series",
        sa.Column("study_instance_uid", sa.String(64), primary_key=True),
        sa.Column("series_instance_uid", sa.String(64), primary_key=True),
        sa.Column("modality", sa.String(16), nullable=False),
        sa.Column("instances", sa.Integer, nullable=False),
    )
    op.create_table(
        "mover_instances",
        sa.Column("study_instance_uid", sa.String(64), primary_key=True),
        sa.Column("sop_instance_uid", sa.String(64), primary_key=True),
        sa.Column("series_instance_uid", sa.String(64), nullable=False),
        sa.Column("expected", sa.Boolean, nullable=False),
        sa.Column("bytes", sa.BigInteger),
        sa.Column("sha256", sa.String(64)),
        sa.Column("stored_at", sa.DateTime(timezone=True)),
    )


def downgrade() -> None:
    """Drop them."""
    for table in ("paces", "leases", "instances", "series", "studies", "retrievals"):
        op.drop_table(f"mover_{table}")
