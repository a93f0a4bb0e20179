"""The mover's tables: retrievals, the studies they want, what studies consist of, and what is here."""

from datetime import UTC, datetime

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Float, Integer, MetaData, String, Table, Text

tables = MetaData()

retrievals = Table(
    "mover_retrievals",
    tables,
    Column("retrieval_id", String(36), primary_key=True),
    Column("order_id", String(36), nullable=False),
    Column("trail", String(36), nullable=False),
    Column("choice", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("refused", Integer, nullable=False),
    Column("requested_at", DateTime(timezone=True), nullable=False),
    Column("closed_at", DateTime(timezone=True)),
    Column("priors", Text, nullable=False, server_default=""),
    Column("windows", Text, nullable=False, server_default=""),
)
"""`state`: running, paused or cancelled as people order it; `refused` counts studies that could not be taken.

`choice`, `priors` and `windows` are JSON; no priors are wanted, and it has no windows of its own, where they are empty.
"""

studies = Table(
    "mover_studies",
    tables,
    Column("retrieval_id", String(36), primary_key=True),
    Column("study_instance_uid", String(64), primary_key=True),
    Column("pacs", String(64), nullable=False),
    Column("priority", Integer, nullable=False),
    Column("position", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("due", DateTime(timezone=True), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("delays", Integer, nullable=False),
    Column("looked_at", DateTime(timezone=True)),
    Column("chosen", Text, nullable=False),
    Column("whole", Boolean, nullable=False),
    Column("expected", Integer),
    Column("received", Integer, nullable=False),
    Column("problem", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("sop_instance_uids", Text, nullable=False, server_default=""),
    Column("prior_of", String(64), nullable=False, server_default=""),
    Column("listed", Text, nullable=False, server_default=""),
    Column("given_up", Text, nullable=False, server_default=""),
    Column("told_at", DateTime(timezone=True)),
)
"""A study that a retrieval wants. `chosen`: UIDs of the wanted series, a space between; `whole`: all were wanted.

`sop_instance_uids`: of these series only these instances; `prior_of`: the ordered study it was found for; `listed`: its
series as the order knew them, JSON of UID, modality and number of instances; `given_up`: who gave it up, in words;
`told_at`: when somebody last ordered to ask for it again, or to give it up.
"""

leases = Table(
    "mover_leases",
    tables,
    Column("study_instance_uid", String(64), primary_key=True),
    Column("holder", String(36), nullable=False),
    Column("until", DateTime(timezone=True), nullable=False),
)
"""Studies that somebody works on now, whatever retrieval wants them: a study is moved once at a time."""

series = Table(
    "mover_series",
    tables,
    Column("study_instance_uid", String(64), primary_key=True),
    Column("series_instance_uid", String(64), primary_key=True),
    Column("modality", String(16), nullable=False),
    Column("instances", Integer, nullable=False),
    Column("received", Integer, nullable=False, server_default="0"),
    Column("bytes", BigInteger, nullable=False, server_default="0"),
    Column("ordered", Integer, nullable=False, server_default="0"),
)
"""How many instances a series holds, which may be more than the PACS named; what of it was here when it settled.

`ordered` counts the orders of it whose instances had no names yet.
"""

rates = Table(
    "mover_rates",
    tables,
    Column("pacs", String(64), primary_key=True),
    Column("bytes", Float, nullable=False),
    Column("seconds", Float, nullable=False),
)
"""What a PACS sent lately over one association, and in what time; the longer ago the less it counts."""

instances = Table(
    "mover_instances",
    tables,
    Column("study_instance_uid", String(64), primary_key=True),
    Column("sop_instance_uid", String(64), primary_key=True),
    Column("series_instance_uid", String(64), nullable=False),
    Column("expected", Boolean, nullable=False),
    Column("bytes", BigInteger),
    Column("sha256", String(64)),
    Column("stored_at", DateTime(timezone=True)),
    Column("ordered", Integer, nullable=False, server_default="0"),
    Column("ordered_at", DateTime(timezone=True)),
    Column("problem", Text, nullable=False, server_default=""),
    Column("delivered_at", DateTime(timezone=True)),
    Column("leaving", DateTime(timezone=True)),
    Column("asked_to_leave_at", DateTime(timezone=True)),
    Column("left_at", DateTime(timezone=True)),
)
"""The ledger: one row for each instance that the PACS named or that was here; `bytes` is null while it is not.

`ordered` counts the orders it was part of while it was not here; `problem` is what the PACS said of it by name.
`delivered_at`: when it was last delivered since it came. What was stored at `leaving` or before is to leave or has
left, and is not here from that decision on; `asked_to_leave_at`: when storescp was last told so, null once it has
answered; `left_at`: when it last left.
"""

deliveries = Table(
    "mover_deliveries",
    tables,
    Column("delivery_id", String(36), primary_key=True),
    Column("retrieval_id", String(36), nullable=False),
    Column("destination", Text, nullable=False, server_default=""),
    Column("whole", Boolean, nullable=False),
    Column("state", String(16), nullable=False),
    Column("requested_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
)
"""What was to be delivered of a retrieval: the `whole` of it, or the studies in `mover_delivery_studies`.

`state` is that of its end, "requested" before; a study that is taken up after that opens it again.
"""

delivery_studies = Table(
    "mover_delivery_studies",
    tables,
    Column("delivery_id", String(36), primary_key=True),
    Column("study_instance_uid", String(64), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("revision", BigInteger, nullable=False),
)
"""Where a study of a delivery stands; nothing was said yet of one with `revision` 0, which the order named."""

delivery_instances = Table(
    "mover_delivery_instances",
    tables,
    Column("delivery_id", String(36), primary_key=True),
    Column("study_instance_uid", String(64), primary_key=True),
    Column("sop_instance_uid", String(64), primary_key=True),
    Column("delivered", Boolean, nullable=False),
    Column("revision", BigInteger, nullable=False),
)
"""What was last said of an instance of a delivery: that it was delivered, or that it was not, for whatever reason."""


def as_utc(moment: datetime) -> datetime:
    """A moment as it was written: SQLite forgets the time zone, and all of ours are UTC."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
