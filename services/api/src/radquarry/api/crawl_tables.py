"""The api's own tables about lists: portions, rows with their results, and lists that are not ordered yet."""

from sqlalchemy import Boolean, Column, Date, Integer, String, Table, Text, Uuid

from radquarry.api.tables import Moment, metadata

portions = Table(
    "api_portions",
    metadata,
    Column("crawl_id", Uuid, primary_key=True),
    Column("portion", Integer, primary_key=True),
    Column("studies", Integer),
    Column("gaps", Text),
    Column("is_unasked", Boolean),
    Column("failure_id", Uuid),
    Column("decided_at", Moment),
)
crawl_rows = Table(  # what people asked for by number: a patient's data, shown beside its result and nowhere else
    "api_crawl_rows",
    metadata,
    Column("crawl_id", Uuid, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("accession_number", String(64)),
    Column("study_instance_uid", String(64)),
    Column("patient_id", String(64)),
    Column("modality", String(64)),
    Column("study_date", Date),
    Column("query", Text),
    Column("link", String(16)),
    Column("studies", Integer),
    Column("study_instance_uids", Text),
    Column("problem", Text),
    Column("is_gap", Boolean),
    Column("is_answered", Boolean),
)
crawl_drafts = Table(
    "api_crawl_drafts",
    metadata,
    Column("draft_id", Uuid, primary_key=True),
    Column("made_by", String(200)),
    Column("made_at", Moment),
    Column("content", Text),
)
