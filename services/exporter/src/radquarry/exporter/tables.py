"""The exporter's tables: what retrievals brought, deliveries with their studies and instances, pseudonyms, jobs."""

from datetime import UTC, datetime

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Integer, MetaData, String, Table, Text, false

tables = MetaData()

retrievals = Table(
    "exporter_retrievals",
    tables,
    Column("retrieval_id", String(36), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("expected", Integer, nullable=False),
    Column("said_at", DateTime(timezone=True), nullable=False),
    Column("heard_at", DateTime(timezone=True), nullable=False),
)
"""Retrievals that have ended: what was said of it last, when that was, and when it came here."""

retrieved = Table(
    "exporter_retrieved",
    tables,
    Column("retrieval_id", String(36), primary_key=True),
    Column("study_instance_uid", String(64), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("expected", Integer),
    Column("problem", Text, nullable=False),
    Column("revision", Integer, nullable=False),
)
"""Where the studies of retrievals stand there."""

brought = Table(
    "exporter_brought",
    tables,
    Column("retrieval_id", String(36), primary_key=True),
    Column("study_instance_uid", String(64), primary_key=True),
    Column("sop_instance_uid", String(64), primary_key=True),
    Column("series_instance_uid", String(64), nullable=False),
    Column("received", Boolean, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("problem", Text, nullable=False),
    Column("revision", Integer, nullable=False),
)
"""The instances that a retrieval expected of its settled studies, and whether they came."""

deliveries = Table(
    "exporter_deliveries",
    tables,
    Column("delivery_id", String(36), primary_key=True),
    Column("order_id", String(36), nullable=False),
    Column("trail", String(36), nullable=False),
    Column("retrieval_id", String(36), nullable=False),
    Column("destination", String(64), nullable=False),
    Column("chosen", Boolean, nullable=False),
    Column("deidentify", Text, nullable=False),
    Column("reports", Boolean, nullable=False),
    Column("mapping", Boolean, nullable=False),
    Column("state", String(16), nullable=False),
    Column("problem", Text, nullable=False),
    Column("parcels", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due", DateTime(timezone=True), nullable=False),
    Column("requested_at", DateTime(timezone=True), nullable=False),
    Column("told_at", DateTime(timezone=True)),
    Column("asked_at", DateTime(timezone=True)),
    Column("closed_at", DateTime(timezone=True)),
)
"""`state`: running, refused (it can never begin, `problem` says why) or cancelled. `chosen`: only studies it named.

`deidentify` is JSON, empty for identified files. `attempts` counts those in a row in which the destination took
nothing, `due` is when it is tried again; `problem` then is what it said. `parcels` have left as a whole.
`told_at`: when somebody last ordered to try again. `asked_at`: since when it waits for the mover to tell of its
retrieval; null when it does not.
"""

studies = Table(
    "exporter_studies",
    tables,
    Column("delivery_id", String(36), primary_key=True),
    Column("study_instance_uid", String(64), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("due", DateTime(timezone=True), nullable=False),
    Column("expected", Integer),
    Column("problem", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("seen", Integer, nullable=False),
    Column("lack", Text, nullable=False),
    Column("holder", String(36)),
    Column("until", DateTime(timezone=True)),
)
"""A study of a delivery. `seen`: what the retrieval said up to this revision is in its instances; -1 is nothing yet.

`lack`: what is wrong with it before any file of it leaves, as its retrieval says. `holder` works on it `until` then.
"""

instances = Table(
    "exporter_instances",
    tables,
    Column("delivery_id", String(36), primary_key=True),
    Column("study_instance_uid", String(64), primary_key=True),
    Column("sop_instance_uid", String(64), primary_key=True),
    Column("series_instance_uid", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("problem", Text, nullable=False),
    Column("is_taken", Boolean, nullable=False),
    Column("sent", Integer, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("due", DateTime(timezone=True)),
    Column("broke_off", Boolean, nullable=False, server_default=false()),
    Column("delivered_at", DateTime(timezone=True)),
    Column("bytes", BigInteger),
    Column("sha256", String(64), nullable=False),
    Column("left_as", Text, nullable=False),
    Column("findings", Text, nullable=False),
    Column("own_values", Integer, nullable=False),
)
"""The ledger: `state` is expected, delivered, held back, missing or failed. `sent` counts how often it was sent.

`attempts` counts those that failed for its own sake, `due` is when it is tried again, null is at once. `broke_off`: the
destination ended the conversation at it, so that it goes last and alone.
`is_taken`: the destination took it and has not answered for it. `bytes` and `sha256` are of what left, `left_as` is
where it lies there. `findings` of the release check are JSON.
"""

pseudonyms = Table(
    "exporter_pseudonyms",
    tables,
    Column("delivery_id", String(36), primary_key=True),
    Column("kind", String(32), primary_key=True),
    Column("original", Text, primary_key=True),
    Column("project", String(64), nullable=False),
    Column("pseudonym", String(64), nullable=False),
)
"""Whose pseudonyms are which, of deliveries that were ordered with a mapping; an index finds them by pseudonym."""

jobs = Table(
    "exporter_jobs",
    tables,
    Column("job_id", String(36), primary_key=True),
    Column("topic", String(32), nullable=False),
    Column("job_order", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("total", Integer),
    Column("done", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("problem", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("requested_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    Column("is_removed", Boolean, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("holder", String(36)),
    Column("until", DateTime(timezone=True)),
)
"""Work on uploaded files; `job_order` is the message as JSON. `is_removed`: its folder is gone."""

UNSETTLED = ("requested", "waiting", "running")
"""States of studies and jobs that are not at their end."""


def as_utc(moment: datetime) -> datetime:
    """A moment as it was written: SQLite forgets the time zone, and all of ours are UTC."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
