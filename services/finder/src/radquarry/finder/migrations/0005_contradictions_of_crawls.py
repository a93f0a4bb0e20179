"""Which crawl met what contradicts a PACS's profile."""

from uuid import UUID

import sqlalchemy as sa
from alembic import op

revision = "finder0005"
down_revision = "finder0003"
branch_labels = None
depends_on = None

COLUMNS = ("pacs", "kind", "reason", "seen_at", "is_said")
NO_CRAWL = UUID(int=0)


def upgrade() -> None:
    """A table with the crawl in its key takes the place of the one without."""
    op.rename_table("finder_contradictions", "finder_contradictions_before")
    _make(sa.Column("crawl_id", sa.Uuid, primary_key=True))
    before, after = _named("finder_contradictions_before"), _named("finder_contradictions")
    rows = sa.select(*(before.c[name] for name in COLUMNS), sa.literal(NO_CRAWL, sa.Uuid))
    op.execute(after.insert().from_select([*COLUMNS, "crawl_id"], rows))
    op.drop_table("finder_contradictions_before")


def downgrade() -> None:
    """What was seen is seen again."""
    op.drop_table("finder_contradictions")
    _make()


def _make(*more: "sa.Column[UUID]") -> None:
    op.create_table(
        "finder_contradictions",
        sa.Column("pacs", sa.String(64), primary_key=True),
        sa.Column("kind", sa.String(64), primary_key=True),
        *more,
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_said", sa.Boolean, nullable=False),
    )


def _named(table: str) -> sa.TableClause:
    return sa.table(table, *map(sa.column, COLUMNS), sa.column("crawl_id", sa.Uuid))
