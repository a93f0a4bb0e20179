"""What the api shows: crawls, coverage, retrievals, PACS, failures, and the orders it took."""

import sqlalchemy as sa
from alembic import op

revision = "api0001"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables of the api."""
    _crawls()
    _retrievals()
    _peers_and_failures()


def downgrade() -> None:
    """Drop them."""
    for name in ("orders", "failures", "archives", "retrieval_instances", "retrieval_studies", "retrievals"):
        op.drop_table(f"api_{name}")
    for name in ("crawl_blocks", "crawl_studies", "coverage", "windows", "crawls"):
        op.drop_table(f"api_{name}")


def _counter(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False, server_default="0")


def _crawls() -> None:
    op.create_table(
        "api_crawls",
        sa.Column("crawl_id", sa.Uuid, primary_key=True),
        sa.Column("pacs", sa.String(64)),
        sa.Column("start_date", sa.Date),
        sa.Column("end_date", sa.Date),
        sa.Column("modalities", sa.Text, nullable=False, server_default=""),
        sa.Column("requested_by", sa.String(200), nullable=False, server_default=""),
        sa.Column("requested_at", MOMENT),
        sa.Column("planned", sa.Integer),
        sa.Column("cancelled", sa.Boolean, nullable=False, server_default=sa.false()),
        *map(_counter, ("windows_closed", "windows_with_gaps", "windows_parked", "studies_announced")),
        *map(_counter, ("studies_found", "documents_indexed", "reports_fetched", "reports_missing")),
        *map(_counter, ("studies_settled", "studies_failed", "blocks")),
        sa.Column("state", sa.String(16), nullable=False, server_default="requested"),
    )
    op.create_index("api_crawls_newest", "api_crawls", ["requested_at", "crawl_id"])
    op.create_table(
        "api_windows",
        sa.Column("crawl_id", sa.Uuid, primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("modality", sa.String(16), primary_key=True),
        sa.Column("studies", sa.Integer, nullable=False),
        sa.Column("gaps", sa.Text, nullable=False),
        sa.Column("failure_id", sa.Uuid),
        sa.Column("decided_at", MOMENT, nullable=False),
    )
    op.create_table(
        "api_coverage",
        sa.Column("pacs", sa.String(64), primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("modality", sa.String(16), primary_key=True),
        sa.Column("crawl_id", sa.Uuid, nullable=False),
        sa.Column("studies", sa.Integer, nullable=False),
        sa.Column("gaps", sa.Text, nullable=False),
        sa.Column("asked", sa.Integer, nullable=False),
        sa.Column("decided_at", MOMENT, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "api_crawl_studies",
        sa.Column("crawl_id", sa.Uuid, primary_key=True),
        sa.Column("study_instance_uid", sa.String(64), primary_key=True),
        sa.Column("bits", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "api_crawl_blocks",
        sa.Column("crawl_id", sa.Uuid, primary_key=True),
        sa.Column("failure_id", sa.Uuid, primary_key=True),
    )


def _retrievals() -> None:
    op.create_table(
        "api_retrievals",
        sa.Column("retrieval_id", sa.Uuid, primary_key=True),
        sa.Column("priority", sa.Integer, nullable=False, server_default="0"),
        sa.Column("requested_by", sa.String(200), nullable=False, server_default=""),
        sa.Column("requested_at", MOMENT),
        sa.Column("ended", sa.String(16)),
        sa.Column("ended_at", MOMENT),
        sa.Column("refused", sa.Text, nullable=False, server_default=""),
        sa.Column("states", sa.Text, nullable=False, server_default="{}"),
        sa.Column("state", sa.String(16), nullable=False, server_default="requested"),
        *map(_counter, ("expected", "received", "studies_failed")),
    )
    op.create_index("api_retrievals_newest", "api_retrievals", ["requested_at", "retrieval_id"])
    op.create_table(
        "api_retrieval_studies",
        sa.Column("retrieval_id", sa.Uuid, primary_key=True),
        sa.Column("study_instance_uid", sa.String(64), primary_key=True),
        sa.Column("position", sa.Integer),
        sa.Column("pacs", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("expected", sa.Integer),
        sa.Column("received", sa.Integer, nullable=False),
        sa.Column("problem", sa.Text, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("listed", sa.Integer, nullable=False),
    )
    op.create_index("api_retrieval_studies_study", "api_retrieval_studies", ["study_instance_uid"])
    op.create_table(
        "api_retrieval_instances",
        sa.Column("retrieval_id", sa.Uuid, primary_key=True),
        sa.Column("study_instance_uid", sa.String(64), primary_key=True),
        sa.Column("sop_instance_uid", sa.String(64), primary_key=True),
        sa.Column("series_instance_uid", sa.String(64), nullable=False),
        sa.Column("received", sa.Boolean, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("api_retrieval_instances_study", "api_retrieval_instances", ["study_instance_uid"])


def _peers_and_failures() -> None:
    op.create_table(
        "api_archives",
        sa.Column("pacs", sa.String(64), primary_key=True),
        sa.Column("stopped", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("stopped_by", sa.String(200), nullable=False, server_default=""),
        sa.Column("stopped_at", MOMENT),
        sa.Column("answered", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("milliseconds", sa.Float),
        sa.Column("problem", sa.Text, nullable=False, server_default=""),
        sa.Column("echoed_at", MOMENT),
    )
    op.create_table(
        "api_failures",
        sa.Column("failure_id", sa.Uuid, primary_key=True),
        sa.Column("service", sa.String(64), nullable=False),
        sa.Column("topic", sa.String(64), nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("parked_at", MOMENT, nullable=False),
        sa.Column("message_id", sa.Uuid),
        sa.Column("trail", sa.Uuid),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("crawl_id", sa.Uuid),
        sa.Column("study_instance_uid", sa.String(64), nullable=False),
        sa.Column("day", sa.Date),
        sa.Column("modality", sa.String(16), nullable=False),
    )
    op.create_index("api_failures_newest", "api_failures", ["state", "parked_at", "failure_id"])
    op.create_index("api_failures_crawl", "api_failures", ["crawl_id"])
    op.create_table(
        "api_orders",
        sa.Column("order_id", sa.Uuid, primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("requested_at", MOMENT, nullable=False),
    )
