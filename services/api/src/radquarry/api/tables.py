"""The api's own tables: what it learnt from events. `migrations/` makes the same ones."""

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    Uuid,
)


class Moment(TypeDecorator[datetime]):
    """An aware time, kept as UTC on stores that know no time zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """To UTC."""
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Aware again."""
        return value and (value.replace(tzinfo=UTC) if value.tzinfo is None else value)


metadata = MetaData()

crawls = Table(
    "api_crawls",
    metadata,
    Column("crawl_id", Uuid, primary_key=True),
    Column("pacs", String(64)),
    Column("start_date", Date),
    Column("end_date", Date),
    Column("modalities", Text),
    Column("requested_by", String(200)),
    Column("requested_at", Moment),  # null: only its events were heard so far
    Column("planned", Integer),
    Column("windows_closed", Integer),
    Column("windows_with_gaps", Integer),
    Column("windows_parked", Integer),
    Column("studies_announced", Integer),
    Column("studies_found", Integer),
    Column("documents_indexed", Integer),
    Column("reports_fetched", Integer),
    Column("reports_missing", Integer),
    Column("studies_settled", Integer),
    Column("studies_failed", Integer),
    Column("blocks", Integer),
    Column("state", String(16)),
    Column("way", String(16)),
    Column("study_description", Text),
    Column("institution_name", Text),
    Column("ris", Text),
    Column("ris_filter", Text),
    Column("origin", String(16)),
    Column("rows_total", Integer),
    Column("pace", Text),
    Column("cancelled_at", Moment),
    Column("resumed_at", Moment),
    Column("contradictions", Text),  # to the PACS's profile, as JSON
)
windows = Table(
    "api_windows",
    metadata,
    Column("crawl_id", Uuid, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("modality", String(16), primary_key=True),
    Column("studies", Integer),
    Column("gaps", Text),
    Column("failure_id", Uuid),
    Column("decided_at", Moment),
    Column("is_unasked", Boolean),
)
coverage = Table(
    "api_coverage",
    metadata,
    Column("pacs", String(64), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("modality", String(16), primary_key=True),
    Column("crawl_id", Uuid),
    Column("studies", Integer),
    Column("gaps", Text),
    Column("asked", Integer),
    Column("decided_at", Moment),
)
crawl_studies = Table(
    "api_crawl_studies",
    metadata,
    Column("crawl_id", Uuid, primary_key=True),
    Column("study_instance_uid", String(64), primary_key=True),
    Column("bits", Integer),
)
crawl_blocks = Table(
    "api_crawl_blocks",
    metadata,
    Column("crawl_id", Uuid, primary_key=True),
    Column("failure_id", Uuid, primary_key=True),
)
retrievals = Table(
    "api_retrievals",
    metadata,
    Column("retrieval_id", Uuid, primary_key=True),
    Column("priority", Integer),
    Column("requested_by", String(200)),
    Column("requested_at", Moment),  # null: only its events were heard so far
    Column("ended", String(16)),
    Column("ended_at", Moment),
    Column("refused", Text),
    Column("states", Text),
    Column("state", String(16)),
    Column("expected", Integer),
    Column("received", Integer),
    Column("studies_failed", Integer),
    Column("to_come", Integer),
    Column("uncounted", Integer),
    Column("pace", Text),
    Column("windows", Text, server_default="[]"),
)
retrieval_studies = Table(
    "api_retrieval_studies",
    metadata,
    Column("retrieval_id", Uuid, primary_key=True),
    Column("study_instance_uid", String(64), primary_key=True),
    Column("position", Integer),
    Column("pacs", String(64)),
    Column("state", String(16)),
    Column("expected", Integer),
    Column("received", Integer),
    Column("problem", Text),
    Column("revision", BigInteger),
    Column("listed", Integer),
)
retrieval_instances = Table(
    "api_retrieval_instances",
    metadata,
    Column("retrieval_id", Uuid, primary_key=True),
    Column("study_instance_uid", String(64), primary_key=True),
    Column("sop_instance_uid", String(64), primary_key=True),
    Column("series_instance_uid", String(64)),
    Column("received", Boolean),
    Column("bytes", BigInteger),
    Column("sha256", String(64)),
    Column("revision", BigInteger),
    Column("stored_us", BigInteger, server_default="0"),
)
departures = Table(
    "api_departures",
    metadata,
    Column("study_instance_uid", String(64), primary_key=True),
    Column("sop_instance_uid", String(64), primary_key=True),
    Column("stored_us", BigInteger, primary_key=True),
    Column("left_at", Moment),
)
archives = Table(
    "api_archives",
    metadata,
    Column("pacs", String(64), primary_key=True),
    Column("stopped", Boolean),
    Column("stopped_by", String(200)),
    Column("stopped_at", Moment),
    Column("answered", Boolean),
    Column("milliseconds", Float),
    Column("problem", Text),
    Column("echoed_at", Moment),
)
failures = Table(
    "api_failures",
    metadata,
    Column("failure_id", Uuid, primary_key=True),
    Column("service", String(64)),
    Column("topic", String(64)),
    Column("body", LargeBinary),
    Column("reason", Text),
    Column("attempts", Integer),
    Column("parked_at", Moment),
    Column("message_id", Uuid),
    Column("trail", Uuid),
    Column("state", String(16)),
    Column("crawl_id", Uuid),
    Column("study_instance_uid", String(64)),
    Column("day", Date),
    Column("modality", String(16)),
)
orders = Table(
    "api_orders",
    metadata,
    Column("order_id", Uuid, primary_key=True),
    Column("digest", String(64)),
    Column("requested_at", Moment),
)
