"""How fast retrievals go: what is still to come of each, and what had come in the last minutes."""

import sqlalchemy as sa
from alembic import op

revision = "api0005"
down_revision = "api0004"
branch_labels = None
depends_on = None

COUNT = """
UPDATE api_retrievals SET
  to_come = (
    SELECT coalesce(sum(CASE WHEN one.expected > one.received THEN one.expected - one.received ELSE 0 END), 0)
    FROM api_retrieval_studies AS one
    WHERE one.retrieval_id = api_retrievals.retrieval_id AND one.state NOT IN ('complete', 'incomplete', 'cancelled')
  ),
  uncounted = (
    SELECT count(*) FROM api_retrieval_studies AS one
    WHERE one.retrieval_id = api_retrievals.retrieval_id AND one.state NOT IN ('complete', 'incomplete', 'cancelled')
      AND one.expected IS NULL
  )
"""


def upgrade() -> None:
    """Add the columns, counted from the studies that are known."""
    for name in ("to_come", "uncounted"):
        op.add_column("api_retrievals", sa.Column(name, sa.Integer, nullable=False, server_default="0"))
    op.add_column("api_retrievals", sa.Column("pace", sa.Text, nullable=False, server_default="[]"))
    op.execute(COUNT)


def downgrade() -> None:
    """Drop them."""
    for name in ("pace", "uncounted", "to_come"):
        op.drop_column("api_retrievals", name)
