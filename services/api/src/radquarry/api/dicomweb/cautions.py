"""What an answer says about itself beside its content: Warning header fields (PS3.18 section 8.4, RFC 7234 5.5)."""

from collections.abc import Sequence
from dataclasses import dataclass

from radquarry.api.dicomweb.search_query import Search
from radquarry.api.dicomweb.searching import Found
from radquarry.api.dicomweb.survey import Survey

MORE = "There are additional results that can be requested"
NOT_FUZZY = "The fuzzymatching parameter is not supported. Only literal matching has been performed."
MOST_NAMED = 20


@dataclass(frozen=True)
class Cautions:
    """Sentences in ASCII without quotation marks; `is_partial` where something asked for is not in the answer."""

    said: tuple[str, ...] = ()
    is_partial: bool = False

    @property
    def status(self) -> int:
        """206 Partial Content (PS3.18 table 10.4.3-2), or 200."""
        return 206 if self.is_partial else 200

    @property
    def headers(self) -> dict[str, str]:
        """None where there is nothing to say."""
        return {"Warning": ", ".join(f'299 radquarry "{text}"' for text in self.said)} if self.said else {}


def of_search(search: Search, found: Found) -> Cautions:
    """What was not done of what was asked for, and what could not be looked at."""
    said = (
        found.more and MORE,
        search.fuzzy and NOT_FUZZY,
        search.not_given and f"The following requested attributes were not supported: {_named(search.not_given)}",
        found.unread and f"{len(found.unread)} studies, series or instances cannot be read: only their UIDs match",
    )
    return Cautions(tuple(str(text) for text in said if text))


def of_picture(names: Sequence[str]) -> Cautions:
    """`names` are parameters that changed nothing."""
    return Cautions((f"The following parameters are not supported: {_named(names)}",) if names else ())


def of_metadata(survey: Survey) -> Cautions:
    """Each instance that is here stands in the answer, at least with its UIDs: partial is it when one left."""
    unread = [seen for seen in survey.seen if not seen.can_be_read]
    return _of(survey, unread and f"{_some(unread, survey)} cannot be read: their UIDs alone are given", ())


def of_instances(survey: Survey, left_out: Sequence[object]) -> Cautions:
    """`left_out` are those that cannot be given in a form that was asked for."""
    unread = [seen for seen in survey.seen if not seen.can_be_read and seen not in left_out]
    as_stored = unread and f"{_some(unread, survey)} cannot be read as DICOM: they come as they are stored"
    return _of(survey, as_stored, left_out)


def _of(survey: Survey, unread: str | Sequence[object], left_out: Sequence[object]) -> Cautions:
    cut = [seen for seen in survey.seen if seen.can_be_read and not seen.is_whole and seen not in left_out]
    said = (
        unread,
        cut and f"{_some(cut, survey)} break off or end in something else than DICOM: attributes are missing",
        left_out and f"{_some(left_out, survey)} cannot be given in an acceptable form and are left out",
        survey.gone and f"{survey.gone} of {survey.asked} instances left the archive meanwhile and are left out",
    )
    return Cautions(tuple(str(text) for text in said if text), is_partial=bool(left_out or survey.gone))


def _named(names: Sequence[str]) -> str:
    return ", ".join(names[:MOST_NAMED]) + (" and more" if len(names) > MOST_NAMED else "")


def _some(those: Sequence[object], survey: Survey) -> str:
    return f"{len(those)} of {survey.asked} instances"
