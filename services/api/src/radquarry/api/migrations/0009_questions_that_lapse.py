"""Until when a question who is behind a pseudonym can be decided."""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

revision = "api0009"
down_revision = "api0008"
branch_labels = None
depends_on = None

DAYS = 14


def upgrade() -> None:
    """Add the column: what waits now has as long from now on as a new question usually has."""
    moment = sa.DateTime(timezone=True)
    op.add_column("api_reidentifications", sa.Column("expires_at", moment))
    questions = sa.table(
        "api_reidentifications",
        sa.column("approved_at", moment),
        sa.column("refused_at", moment),
        sa.column("expires_at", moment),
    )
    waiting = questions.update().where(questions.c.approved_at.is_(None), questions.c.refused_at.is_(None))
    op.execute(waiting.values(expires_at=datetime.now(UTC) + timedelta(days=DAYS)))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("api_reidentifications", "expires_at")
