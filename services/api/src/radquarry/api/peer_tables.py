"""Tables of what is heard about PACS as peers, and about studies that changed."""

from sqlalchemy import Column, Float, Integer, String, Table, Text, Uuid

from radquarry.api.tables import Moment, metadata

archive_facts = Table(
    "api_archive_facts",
    metadata,
    Column("pacs", String(64), primary_key=True),
    Column("kind", String(32), primary_key=True),
    Column("body", Text),  # the newest message of this kind, as JSON
    Column("said_at", Moment),
)
traffic = Table(
    "api_traffic",
    metadata,
    Column("pacs", String(64), primary_key=True),
    Column("source", String(200), primary_key=True),
    Column("begun_at", Moment, primary_key=True),
    Column("minute", Integer),  # since 1970: what is added up over sources
    Column("requests", Integer),
    Column("refused", Integer),
    Column("failed", Integer),
    Column("milliseconds_median", Float),
    Column("milliseconds_slowest", Float),
    Column("associations_allowed", Integer),
    Column("reason", Text),
)
study_changes = Table(
    "api_study_changes",
    metadata,
    Column("study_instance_uid", String(64), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("seen_at", Moment, primary_key=True),
    Column("pacs", String(64)),
    Column("crawl_id", Uuid),
    Column("former", Text),  # the study as it was known before, as JSON
)
