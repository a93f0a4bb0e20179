"""The RIS that can give a crawl its list, and what of it may be chosen."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from radquarry.api.problems import Problem, invalid
from radquarry.configuration.ris import NAMED_PARAMETER, Ris, SqlRis, is_date

MOST_CHARACTERS = 1024


@dataclass(frozen=True)
class Lister:
    """`parameters` are those its query names; `pacs` those whose studies it lists, empty is all."""

    parameters: tuple[str, ...] = ()
    pacs: tuple[str, ...] = ()

    def serves(self, pacs: str) -> bool:
        """Whether it lists studies of this PACS."""
        return not self.pacs or pacs in self.pacs


def listers(ris: Mapping[str, Ris]) -> dict[str, Lister]:
    """Those of `kind: sql` that are configured with a query for accession numbers."""
    return {
        name: Lister(tuple(dict.fromkeys(NAMED_PARAMETER.findall(each.accession_numbers))), each.pacs)
        for name, each in ris.items()
        if isinstance(each, SqlRis) and each.accession_numbers
    }


def check_ris(ris: str, chosen: Mapping[str, str], pacs: str, known: Mapping[str, Lister]) -> None:
    """Raise the problem to show where this RIS cannot list for `pacs`, or not by what was chosen."""
    lister = known.get(ris)
    if lister is None or not lister.serves(pacs):
        names = sorted(name for name, each in known.items() if each.serves(pacs))
        which = f"Those that can: {', '.join(names)}." if names else "None of those configured can; kind: sql does."
        raise Problem(422, "unknown-ris", "No RIS of this name gives lists", which, known=names)
    asked = f"it asks for {', '.join(lister.parameters)}" if lister.parameters else "it asks for nothing"
    if missing := [name for name in lister.parameters if not chosen.get(name, "").strip()]:
        raise invalid(f"ris_filter lacks {', '.join(missing)}.", missing=missing)
    if strange := len(set(chosen) - set(lister.parameters)):
        raise invalid(f"ris_filter has {strange} values that the query of {ris} does not ask for; {asked}.")
    for name in lister.parameters:
        if len(chosen[name]) > MOST_CHARACTERS:
            raise invalid(f"ris_filter: {name} has more than {MOST_CHARACTERS} characters.")
        if is_date(name) and not _reads_as_date(chosen[name]):
            raise invalid(f"ris_filter: {name} is a date such as 2024-05-31.")


def _reads_as_date(text: str) -> bool:
    try:
        date.fromisoformat(text.strip())
    except ValueError:
        return False
    return True
