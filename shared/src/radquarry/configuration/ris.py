"""The section `ris`: sources of reports, by their kind."""

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, AnyHttpUrl, Discriminator, Field, SecretStr, field_validator, model_validator

from radquarry.configuration.section import Section
from radquarry.configuration.values import Seconds

NAMED_PARAMETER = re.compile(r"(?<![:\w\\]):(\w+)(?![:\w])")
"""As SQLAlchemy finds them; `::` is a cast, and a backslash before a colon makes it one."""
CAST_PARAMETER = re.compile(r"(?<![:\w\\]):\w+::")
REPORT_PARAMETERS = ("accession_number", "patient_id", "study_instance_uid", "study_date")


def is_date(parameter: str) -> bool:
    """Whether a named parameter is bound as a date."""
    return parameter.endswith("_date")


def _reads(query: str) -> str:
    if not re.match(r"(?:\s|--[^\n]*\n|/\*.*?\*/)*(?:select|with)\b", query, re.IGNORECASE | re.DOTALL):
        raise ValueError("is no query: it begins with neither SELECT nor WITH")
    if found := CAST_PARAMETER.search(query):
        raise ValueError(f"{found[0]} is read as no parameter; write CAST({found[0][:-2]} AS …)")
    return query


Query = Annotated[str, AfterValidator(_reads)]
"""One SQL query with named parameters (`:start_date`)."""


class RisPeer(Section):
    """What every source of reports has."""

    timeout_seconds: Seconds = 30
    parallel: Annotated[int, Field(ge=1, le=64)] = 8
    pacs: tuple[str, ...] = ()
    """Names of the PACS whose studies this RIS reports on; empty is all."""


class FhirRis(RisPeer):
    """A RIS that speaks FHIR R4 over HTTP."""

    kind: Literal["fhir"]
    url: AnyHttpUrl
    token: SecretStr | None = None


class SqlRis(RisPeer):
    """A RIS whose database may be read: one query lists accession numbers, one gives a report."""

    kind: Literal["sql"]
    url: SecretStr
    """As SQLAlchemy writes it: `postgresql://reader@host/ris`, `sqlite:////srv/ris.db`."""
    password: SecretStr | None = None
    """Laid into `url`, where its special characters would have to be escaped."""
    accession_numbers: Query | None = None
    report: Query | None = None

    @field_validator("url")
    @classmethod
    def _with_scheme(cls, url: SecretStr) -> SecretStr:
        if not re.match(r"[a-z0-9_]+(\+[a-z0-9_]+)?://", url.get_secret_value()):
            raise ValueError("begins with no scheme such as postgresql:// or sqlite:///")
        return url

    @field_validator("report")
    @classmethod
    def _by_accession_number(cls, query: str | None) -> str | None:
        named = set(NAMED_PARAMETER.findall(query or ""))
        if query is not None and "accession_number" not in named:
            raise ValueError("asks without :accession_number, that would be every report")
        if strange := sorted(named - set(REPORT_PARAMETERS)):
            raise ValueError(f"nobody gives it :{strange[0]}; it is given :{', :'.join(REPORT_PARAMETERS)}")
        return query

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if self.accession_numbers is None and self.report is None:
            raise ValueError("has neither of accession_numbers and report")
        return self


Ris = Annotated[FhirRis | SqlRis, Discriminator("kind")]
"""One RIS as a source of reports. This version reads `fhir` and `sql`."""
