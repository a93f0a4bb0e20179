"""Tables of what is heard about deliveries, and about files at hand."""

from sqlalchemy import BigInteger, Boolean, Column, Integer, String, Table, Text, Uuid

from radquarry.api.tables import Moment, metadata

deliveries = Table(
    "api_deliveries",
    metadata,
    Column("delivery_id", Uuid, primary_key=True),
    Column("retrieval_id", Uuid),
    Column("destination", String(64)),
    Column("is_deidentified", Boolean),
    Column("project", String(64)),
    Column("profile", String(64)),
    Column("reports", Boolean),
    Column("mapping", Boolean),
    Column("is_of_all", Boolean),  # every study of the retrieval, not named ones
    Column("requested_by", String(200)),
    Column("requested_at", Moment),  # null: only its events were heard so far
    Column("ended", String(16)),
    Column("ended_at", Moment),
    Column("problem", Text),
    Column("refused", Text),
    Column("states", Text),
    Column("state", String(16)),
    Column("expected", Integer),
    Column("delivered", Integer),
    Column("held_back", Integer),
    Column("studies_failed", Integer),
    Column("findings", Integer),
)
delivery_studies = Table(
    "api_delivery_studies",
    metadata,
    Column("delivery_id", Uuid, primary_key=True),
    Column("study_instance_uid", String(64), primary_key=True),
    Column("position", Integer),
    Column("state", String(16)),
    Column("expected", Integer),
    Column("delivered", Integer),
    Column("held_back", Integer),
    Column("problem", Text),
    Column("again_at", Moment),
    Column("revision", BigInteger),
    Column("listed", Integer),
)
delivery_instances = Table(
    "api_delivery_instances",
    metadata,
    Column("delivery_id", Uuid, primary_key=True),
    Column("study_instance_uid", String(64), primary_key=True),
    Column("sop_instance_uid", String(64), primary_key=True),
    Column("series_instance_uid", String(64)),
    Column("state", String(16)),
    Column("problem", Text),
    Column("delivered_at", String(40)),  # ISO 8601, UTC
    Column("revision", BigInteger),
)
file_jobs = Table(
    "api_file_jobs",
    metadata,
    Column("job_id", Uuid, primary_key=True),
    Column("kind", String(16)),
    Column("command", Text),  # the order as JSON, until the bus has it
    Column("about", Text),  # of the order, as JSON: what pages show
    Column("names", Text),  # of the files, as JSON: a patient's data, shown to whoever brought them
    Column("requested_by", String(200)),
    Column("requested_at", Moment),  # null: only its events were heard so far
    Column("is_announced", Boolean),
    Column("files", Integer),
    Column("bytes", BigInteger),
    Column("total", Integer),
    Column("done", Integer),
    Column("refused", Integer),
    Column("state", String(16)),
    Column("problem", Text),
    Column("blocked", Text),  # why the order itself was parked
    Column("revision", BigInteger),
    Column("progressed_at", Moment),
    Column("removed_at", Moment),
)
reidentifications = Table(
    "api_reidentifications",
    metadata,
    Column("reidentification_id", Uuid, primary_key=True),
    Column("delivery_id", Uuid),
    Column("project", String(64)),
    Column("pseudonyms", Text),  # as JSON; no original is ever kept here
    Column("reason", Text),
    Column("requested_by", String(200)),
    Column("requested_at", Moment),
    Column("approved_by", String(200)),
    Column("approved_at", Moment),
    Column("answered_at", Moment),
    Column("fetched_at", Moment),
    Column("found", Integer),
    Column("unknown", Integer),
    Column("problem", Text),
    Column("refused_by", String(200)),
    Column("refused_at", Moment),
    Column("refusal", Text),
    Column("expires_at", Moment),
)
