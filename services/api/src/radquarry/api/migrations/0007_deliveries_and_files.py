"""What is heard about deliveries, and about files at hand that were brought."""

import sqlalchemy as sa
from alembic import op

revision = "api0007"
down_revision = "api0006"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    _deliveries()
    _parts_of_deliveries()
    _files()
    _reidentifications()


def downgrade() -> None:
    """Drop them."""
    for name in ("reidentifications", "file_jobs", "delivery_instances", "delivery_studies", "deliveries"):
        op.drop_table(f"api_{name}")


def _words(name: str, most: int | None = None) -> sa.Column[str]:
    kind = sa.Text() if most is None else sa.String(most)
    return sa.Column(name, kind, nullable=False, server_default="")


def _counter(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False, server_default="0")


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean, nullable=False, server_default=sa.false())


def _deliveries() -> None:
    op.create_table(
        "api_deliveries",
        sa.Column("delivery_id", sa.Uuid, primary_key=True),
        sa.Column("retrieval_id", sa.Uuid),
        _words("destination", 64),
        *map(_flag, ("is_deidentified", "reports", "mapping", "is_of_all")),
        *(_words(name, 64) for name in ("project", "profile")),
        _words("requested_by", 200),
        sa.Column("requested_at", MOMENT),
        sa.Column("ended", sa.String(16)),
        sa.Column("ended_at", MOMENT),
        _words("problem"),
        _words("refused"),
        sa.Column("states", sa.Text, nullable=False, server_default="{}"),
        sa.Column("state", sa.String(16), nullable=False, server_default="requested"),
        *map(_counter, ("expected", "delivered", "held_back", "studies_failed", "findings")),
    )
    op.create_index("api_deliveries_newest", "api_deliveries", ["requested_at", "delivery_id"])
    op.create_index("api_deliveries_of_retrieval", "api_deliveries", ["retrieval_id"])


def _parts_of_deliveries() -> None:
    op.create_table(
        "api_delivery_studies",
        sa.Column("delivery_id", sa.Uuid, primary_key=True),
        sa.Column("study_instance_uid", sa.String(64), primary_key=True),
        sa.Column("position", sa.Integer),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("expected", sa.Integer),
        *map(_counter, ("delivered", "held_back", "listed")),
        _words("problem"),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "api_delivery_instances",
        sa.Column("delivery_id", sa.Uuid, primary_key=True),
        sa.Column("study_instance_uid", sa.String(64), primary_key=True),
        sa.Column("sop_instance_uid", sa.String(64), primary_key=True),
        sa.Column("series_instance_uid", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        _words("problem"),
        sa.Column("delivered_at", sa.String(40)),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("api_delivery_instances_by_state", "api_delivery_instances", ["delivery_id", "state"])


def _files() -> None:
    op.create_table(
        "api_file_jobs",
        sa.Column("job_id", sa.Uuid, primary_key=True),
        _words("kind", 16),
        sa.Column("command", sa.Text),
        sa.Column("about", sa.Text, nullable=False, server_default="{}"),
        sa.Column("names", sa.Text, nullable=False, server_default="[]"),
        _words("requested_by", 200),
        sa.Column("requested_at", MOMENT),
        _flag("is_announced"),
        *map(_counter, ("files", "done", "refused")),
        sa.Column("bytes", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("total", sa.Integer),
        sa.Column("state", sa.String(16), nullable=False, server_default="requested"),
        *map(_words, ("problem", "blocked")),
        sa.Column("revision", sa.BigInteger, nullable=False, server_default="-1"),
        sa.Column("progressed_at", MOMENT),
        sa.Column("removed_at", MOMENT),
    )
    op.create_index("api_file_jobs_newest", "api_file_jobs", ["requested_at", "job_id"])


def _reidentifications() -> None:
    op.create_table(
        "api_reidentifications",
        sa.Column("reidentification_id", sa.Uuid, primary_key=True),
        sa.Column("delivery_id", sa.Uuid, nullable=False),
        _words("project", 64),
        sa.Column("pseudonyms", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("requested_by", sa.String(200), nullable=False),
        sa.Column("requested_at", MOMENT, nullable=False),
        _words("approved_by", 200),
        *(sa.Column(name, MOMENT) for name in ("approved_at", "answered_at", "fetched_at")),
        *map(_counter, ("found", "unknown")),
        _words("problem"),
    )
