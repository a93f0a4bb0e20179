"""How PACS bear their traffic, what was found out about them, and what became different in them."""

import sqlalchemy as sa
from alembic import op

revision = "api0003"
down_revision = "api0002"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "api_archive_facts",
        sa.Column("pacs", sa.String(64), primary_key=True),
        sa.Column("kind", sa.String(32), primary_key=True),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("said_at", MOMENT, nullable=False),
    )
    op.create_table(
        "api_traffic",
        sa.Column("pacs", sa.String(64), primary_key=True),
        sa.Column("source", sa.String(200), primary_key=True),
        sa.Column("begun_at", MOMENT, primary_key=True),
        sa.Column("minute", sa.Integer, nullable=False),
        sa.Column("requests", sa.Integer, nullable=False),
        sa.Column("refused", sa.Integer, nullable=False),
        sa.Column("failed", sa.Integer, nullable=False),
        sa.Column("milliseconds_median", sa.Float),
        sa.Column("milliseconds_slowest", sa.Float),
        sa.Column("associations_allowed", sa.Integer, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_index("api_traffic_minute", "api_traffic", ["minute"])
    op.create_table(
        "api_study_changes",
        sa.Column("study_instance_uid", sa.String(64), primary_key=True),
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("seen_at", MOMENT, primary_key=True),
        sa.Column("pacs", sa.String(64), nullable=False),
        sa.Column("crawl_id", sa.Uuid, nullable=False),
        sa.Column("former", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """Drop them."""
    for name in ("study_changes", "traffic", "archive_facts"):
        op.drop_table(f"api_{name}")
