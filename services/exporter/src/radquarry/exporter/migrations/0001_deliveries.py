"""What retrievals brought, deliveries, their studies and instances, pseudonyms, jobs."""

import sqlalchemy as sa
from alembic import op

revision = "exporter0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of the exporter."""
    _make_heard()
    _make_deliveries()
    op.create_table(
        "exporter_jobs",
        sa.Column("job_id", sa.String(36), primary_key=True),
        sa.Column("topic", sa.String(32), nullable=False),
        sa.Column("job_order", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("total", sa.Integer),
        sa.Column("done", sa.Integer, nullable=False),
        sa.Column("refused", sa.Integer, nullable=False),
        sa.Column("problem", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("is_removed", sa.Boolean, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("holder", sa.String(36)),
        sa.Column("until", sa.DateTime(timezone=True)),
    )


def _make_heard() -> None:
    op.create_table(
        "exporter_retrievals",
        sa.Column("retrieval_id", sa.String(36), primary_key=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("expected", sa.Integer, nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "exporter_retrieved",
        sa.Column("retrieval_id", sa.String(36), primary_key=True),
        sa.Column("study_instance_uid", sa.String(64), primary_key=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("expected", sa.Integer),
        sa.Column("problem", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
    )
    op.create_table(
        "exporter_brought",
        sa.Column("retrieval_id", sa.String(36), primary_key=True),
        sa.Column("study_instance_uid", sa.String(64), primary_key=True),
        sa.Column("sop_instance_uid", sa.String(64), primary_key=True),
        sa.Column("series_instance_uid", sa.String(64), nullable=False),
        sa.Column("received", sa.Boolean, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("problem", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
    )


def _make_deliveries() -> None:
    op.create_table(
        "exporter_deliveries",
        sa.Column("delivery_id", sa.String(36), primary_key=True),
        sa.Column("order_id", sa.String(36), nullable=False),
        sa.Column("trail", sa.String(36), nullable=False),
        sa.Column("retrieval_id", sa.String(36), nullable=False),
        sa.Column("destination", sa.String(64), nullable=False),
        sa.Column("chosen", sa.Boolean, nullable=False),
        sa.Column("deidentify", sa.Text, nullable=False),
        sa.Column("reports", sa.Boolean, nullable=False),
        sa.Column("mapping", sa.Boolean, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("problem", sa.Text, nullable=False),
        sa.Column("parcels", sa.Integer, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True)),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
    )
    op.create_table(
        "exporter_studies",
        sa.Column("delivery_id", sa.String(36), primary_key=True),
        sa.Column("study_instance_uid", sa.String(64), primary_key=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("expected", sa.Integer),
        sa.Column("problem", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("seen", sa.Integer, nullable=False),
        sa.Column("lack", sa.Text, nullable=False),
        sa.Column("holder", sa.String(36)),
        sa.Column("until", sa.DateTime(timezone=True)),
    )
    op.create_table(
        "exporter_instances",
        sa.Column("delivery_id", sa.String(36), primary_key=True),
        sa.Column("study_instance_uid", sa.String(64), primary_key=True),
        sa.Column("sop_instance_uid", sa.String(64), primary_key=True),
        sa.Column("series_instance_uid", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("problem", sa.Text, nullable=False),
        sa.Column("is_taken", sa.Boolean, nullable=False),
        sa.Column("sent", sa.Integer, nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True)),
        sa.Column("bytes", sa.BigInteger),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("left_as", sa.Text, nullable=False),
        sa.Column("findings", sa.Text, nullable=False),
        sa.Column("own_values", sa.Integer, nullable=False),
    )
    op.create_table(
        "exporter_pseudonyms",
        sa.Column("delivery_id", sa.String(36), primary_key=True),
        sa.Column("kind", sa.String(32), primary_key=True),
        sa.Column("original", sa.Text, primary_key=True),
        sa.Column("project", sa.String(64), nullable=False),
        sa.Column("pseudonym", sa.String(64), nullable=False),
    )
    op.create_index("exporter_deliveries_of_retrieval", "exporter_deliveries", ["retrieval_id"])
    op.create_index("exporter_studies_due", "exporter_studies", ["state", "due"])
    op.create_index("exporter_pseudonyms_by_name", "exporter_pseudonyms", ["project", "kind", "pseudonym"])


def downgrade() -> None:
    """Drop them."""
    for table in ("jobs", "pseudonyms", "instances", "studies", "deliveries", "brought", "retrieved", "retrievals"):
        op.drop_table(f"exporter_{table}")
