"""Crawls of lists, queries and a RIS: their rows and results, portions, drafts; resumed crawls, and their pace."""

import sqlalchemy as sa
from alembic import op

revision = "api0002"
down_revision = "api0001"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
WORDS = ("study_description", "institution_name", "ris", "ris_filter")


def upgrade() -> None:
    """Add to the tables of 0001; what they hold keeps its meaning."""
    _crawls()
    _windows()
    _rows()


def downgrade() -> None:
    """Take it away again; the rows of lists are lost."""
    for name in ("crawl_drafts", "crawl_rows", "portions"):
        op.drop_table(f"api_{name}")
    op.drop_column("api_windows", "is_unasked")
    op.add_column("api_crawls", sa.Column("cancelled", sa.Boolean, nullable=False, server_default=sa.false()))
    op.execute("UPDATE api_crawls SET cancelled = true WHERE state = 'cancelled'")
    for name in (*WORDS, "way", "origin", "rows_total", "pace", "cancelled_at", "resumed_at"):
        op.drop_column("api_crawls", name)


def _words(name: str, most: int | None = None) -> sa.Column[str]:
    return sa.Column(name, sa.String(most) if most else sa.Text, nullable=False, server_default="")


def _crawls() -> None:
    for name in WORDS:
        op.add_column("api_crawls", _words(name))
    op.add_column("api_crawls", sa.Column("way", sa.String(16), nullable=False, server_default="dates"))
    op.add_column("api_crawls", sa.Column("origin", sa.String(16), nullable=False, server_default="person"))
    op.add_column("api_crawls", sa.Column("rows_total", sa.Integer, nullable=False, server_default="0"))
    op.add_column("api_crawls", sa.Column("pace", sa.Text, nullable=False, server_default="[]"))
    op.add_column("api_crawls", sa.Column("cancelled_at", MOMENT))
    op.add_column("api_crawls", sa.Column("resumed_at", MOMENT))
    op.execute("UPDATE api_crawls SET cancelled_at = coalesce(requested_at, CURRENT_TIMESTAMP) WHERE cancelled")
    op.drop_column("api_crawls", "cancelled")


def _windows() -> None:
    op.add_column("api_windows", sa.Column("is_unasked", sa.Boolean, nullable=False, server_default=sa.false()))
    cancelled = sa.table(
        "api_windows", sa.column("is_unasked", sa.Boolean), sa.column("failure_id"), sa.column("gaps", sa.Text)
    )
    op.execute(
        cancelled.update()
        .where(cancelled.c.failure_id.is_(None), cancelled.c.gaps.contains("the crawl was cancelled before this day"))
        .values(is_unasked=True)
    )


def _rows() -> None:
    op.create_table(
        "api_portions",
        sa.Column("crawl_id", sa.Uuid, primary_key=True),
        sa.Column("portion", sa.Integer, primary_key=True),
        sa.Column("studies", sa.Integer, nullable=False),
        sa.Column("gaps", sa.Text, nullable=False),
        sa.Column("is_unasked", sa.Boolean, nullable=False),
        sa.Column("failure_id", sa.Uuid),
        sa.Column("decided_at", MOMENT, nullable=False),
    )
    op.create_table(
        "api_crawl_rows",
        sa.Column("crawl_id", sa.Uuid, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        *(_words(name, 64) for name in ("accession_number", "study_instance_uid", "patient_id", "modality")),
        sa.Column("study_date", sa.Date),
        _words("query"),
        _words("link", 16),
        sa.Column("studies", sa.Integer, nullable=False, server_default="0"),
        sa.Column("study_instance_uids", sa.Text, nullable=False, server_default="[]"),
        _words("problem"),
        sa.Column("is_gap", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("is_answered", sa.Boolean, nullable=False, server_default=sa.false()),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "api_crawl_drafts",
        sa.Column("draft_id", sa.Uuid, primary_key=True),
        sa.Column("made_by", sa.String(200), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
    )
