"""Deliveries, and what leaves the archive after them; windows of single orders."""

import sqlalchemy as sa
from alembic import op

revision = "mover0008"
down_revision = "mover0007"
branch_labels = None
depends_on = None

MOMENTS = ("delivered_at", "leaving", "asked_to_leave_at", "left_at")
DELIVERED = "bytes IS NOT NULL AND delivered_at IS NOT NULL"
ASKED = "asked_to_leave_at IS NOT NULL"


def upgrade() -> None:
    """Add columns and tables; nothing that is here was delivered, as far as anybody knows."""
    op.add_column("mover_retrievals", sa.Column("windows", sa.Text, nullable=False, server_default=""))
    for name in MOMENTS:
        op.add_column("mover_instances", sa.Column(name, sa.DateTime(timezone=True)))
    for name, column, where in (("delivered", "delivered_at", DELIVERED), ("asked", "asked_to_leave_at", ASKED)):
        op.create_index(
            f"mover_instances_{name}",
            "mover_instances",
            [column],
            sqlite_where=sa.text(where),
            postgresql_where=sa.text(where),
        )
    op.create_index("mover_studies_study", "mover_studies", ["study_instance_uid"])
    _make_deliveries()


def _make_deliveries() -> None:
    op.create_table(
        "mover_deliveries",
        sa.Column("delivery_id", sa.String(36), primary_key=True),
        sa.Column("retrieval_id", sa.String(36), nullable=False),
        sa.Column("destination", sa.Text, nullable=False, server_default=""),
        sa.Column("whole", sa.Boolean, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
    )
    op.create_table(
        "mover_delivery_studies",
        sa.Column("delivery_id", sa.String(36), primary_key=True),
        sa.Column("study_instance_uid", sa.String(64), primary_key=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
    )
    op.create_index("mover_delivery_studies_study", "mover_delivery_studies", ["study_instance_uid"])
    op.create_table(
        "mover_delivery_instances",
        sa.Column("delivery_id", sa.String(36), primary_key=True),
        sa.Column("study_instance_uid", sa.String(64), primary_key=True),
        sa.Column("sop_instance_uid", sa.String(64), primary_key=True),
        sa.Column("delivered", sa.Boolean, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
    )
    op.create_index(
        "mover_delivery_instances_instance", "mover_delivery_instances", ["study_instance_uid", "sop_instance_uid"]
    )


def downgrade() -> None:
    """Drop them."""
    for table in ("delivery_instances", "delivery_studies", "deliveries"):
        op.drop_table(f"mover_{table}")
    op.drop_index("mover_studies_study", "mover_studies")
    for name in ("asked", "delivered"):
        op.drop_index(f"mover_instances_{name}", "mover_instances")
    for name in reversed(MOMENTS):
        op.drop_column("mover_instances", name)
    op.drop_column("mover_retrievals", "windows")
