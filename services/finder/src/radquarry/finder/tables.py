"""The finder's tables of crawls: what was ordered, which pieces of it are closed, and what each found first."""

from sqlalchemy import Boolean, Column, Date, DateTime, Integer, MetaData, String, Table, Text, Uuid

metadata = MetaData()
crawls = Table(
    "finder_crawls",
    metadata,
    Column("crawl_id", Uuid, primary_key=True),
    Column("windows_planned", Integer),
    Column("windows_closed", Integer, nullable=False),
    Column("windows_with_gaps", Integer, nullable=False),
    Column("studies", Integer, nullable=False),
    Column("is_cancelled", Boolean, nullable=False),
    Column("switched_at", DateTime(timezone=True)),  # when it was last cancelled or resumed
)
windows = Table(
    "finder_windows",
    metadata,
    Column("crawl_id", Uuid, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("modality", String(16), primary_key=True),
    Column("studies", Integer, nullable=False),
    Column("queries", Integer, nullable=False),
    Column("gaps", Text, nullable=False),
    Column("closed_at", DateTime(timezone=True), nullable=False),
    Column("standing", String(8), nullable=False),
    Column("unasked_order", Text),
)
found = Table(
    "finder_found",
    metadata,
    Column("crawl_id", Uuid, primary_key=True),
    Column("study_instance_uid", String(64), primary_key=True),
    Column("day", Date, nullable=False),
    Column("modality", String(16), nullable=False),
)
portions = Table(
    "finder_portions",
    metadata,
    Column("crawl_id", Uuid, primary_key=True),
    Column("portion", Integer, primary_key=True),
    Column("studies", Integer, nullable=False),
    Column("queries", Integer, nullable=False),
    Column("results", Text, nullable=False),
    Column("closed_at", DateTime(timezone=True), nullable=False),
    Column("standing", String(8), nullable=False),
    Column("unasked_order", Text),
)
portions_found = Table(
    "finder_portions_found",
    metadata,
    Column("crawl_id", Uuid, primary_key=True),
    Column("study_instance_uid", String(64), primary_key=True),
    Column("portion", Integer, nullable=False),
)
portions_listed = Table(
    "finder_portions_listed",
    metadata,
    Column("crawl_id", Uuid, primary_key=True),
    Column("listing", Integer, primary_key=True),
    Column("portions", Integer, nullable=False),
    Column("is_last", Boolean, nullable=False),
)
