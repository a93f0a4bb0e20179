"""Other people in a report: whoever stands behind a title, or signed."""

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from radquarry.exporter.reports.spans import Span, marked

SEQUENCE = (
    r"(?i:w|fs|tse|fse|fast?|fat.?sat|fettges|fettsupp|gew|wichtung|spair|spir|stir|dixon|blade|space|vista|cube"
    r"|sag|cor|kor|tra|ax|3d)"
)
"""What stands behind PD where it is proton density."""
DOCTOR = (
    rf"(?:Prof|PROF|Dres|Dr|DR|Dott(?:\.?ssa)?|[Dd]octeur|PD(?![\s-]+{SEQUENCE})|Priv)\.?"
    r"(?:[-\s]?(?:Doz|med|rer|nat|phil|h\.c|dent|Dr|Prof|univ|habil|mult|Dipl|MED|DOZ|DR)\.?){0,6}"
)
ADDRESSED = (
    r"(?:Herrn?|HERRN?|Frau|FRAU|Fr\.|FR\.|Hr\.?|HR\.?|M(?:rs?|RS|s)\.?|Miss|MISS|Mister|Sir|Monsieur|MONSIEUR|Madame|MADAME"
    r"|Mme|MME|Mlle|Signora?|SIGNORA?|Sig\.ra|Sig\.|geb\.|[Gg]eborene[rn]?|née)"
)
"""And what stands before the name somebody was born with."""
ROLES = (
    r"(?:Kollegen?|Kollegin|Oberarzt|Oberärztin|Chefarzt|Chefärztin|Assistenzarzt|Assistenzärztin|Leitender Arzt"
    r"|OA|OÄ|CA|CÄ|LA|LÄ|Nurse|Pfleger|Schwester|Doctor|Professor)"
)
TITLES = rf"(?:(?:{ADDRESSED}|{DOCTOR})(?:(?=[\s.])\.?\s+|(?<=\.))|{ROLES}\.?[^\S\n]+){{1,8}}"
"""A line may end behind a Dr., and not behind a role, which often ends a signature."""
PARTICLE = r"(?:von der|von|van der|van den|van|de la|de|del|della|di|da|du|dos|zu|zur|am|ten|ter|el|al|le|la|st\.)"
CAPITAL = r"[^\W\d_a-zäöüßàâçéèêëîïôûùœæãñõåø]"
LETTERS = r"[^\W\d_]{0,40}"
WORD = rf"{CAPITAL}{LETTERS}(?:['’]{LETTERS})?(?:-{CAPITAL}{LETTERS}(?:['’]{LETTERS})?){{0,3}}"
INITIAL = rf"{CAPITAL}\.(?:-?{CAPITAL}\.)?"
ONE = rf"(?:{INITIAL}|{WORD})"
FIRST = rf"(?:{INITIAL}\s?){{0,2}}(?:{PARTICLE}\s)?{WORD}"
TITLED = re.compile(rf"(?<!\w){TITLES}(?P<names>{FIRST}(?:[ ](?:{PARTICLE}\s)?{ONE}){{0,3}})")
SIGNATURES = (
    "gezeichnet|gez|visiert|vidiert|validiert|unterschrift|diktiert|befundet|befunder(?:in)?|freigegeben|erstellt"
    "|geschrieben|zuweiser(?:in)?|überweiser(?:in)?|hausarzt|hausärztin|radiologe|radiologin"
    "|electronically signed|digitally signed|signed|dictated|reported|reviewed|verified|transcribed|approved"
    "|referring physician|radiologist|attending|physician|ordered"
    "|signé|dicté|validé|médecin|firmato|refertato|medico|cc"
)
BY = r"(?:\s(?:durch|von|by|and verified by|par|da|électroniquement|digitalmente))*"
SIGNED = re.compile(
    rf"(?<!\w)(?i:(?:gez(?:eichnet)?\.|(?:{SIGNATURES})\b){BY})\s?:?\s+"
    rf"(?P<names>(?:{TITLES})?{FIRST}(?:,?[ ](?:{PARTICLE}\s)?{ONE}){{0,3}})"
)
GREETED = re.compile(
    r"(?<!\w)(?i:(?:freundliche[nrm]?|kollegiale[nrm]?|herzliche[nrm]?|beste) gr(?:ü|ue)(?:ß|ss)en?|mfg"
    r"|(?:best|kind|kindest) regards|sincerely|cordialement|cordiali saluti)\s?,?\s+"
    rf"(?P<names>(?:{TITLES})?{FIRST}(?:[ ](?:{PARTICLE}\s)?{ONE}){{0,3}})"
)
NAME = re.compile(rf"{INITIAL}|{WORD}")
SHORT_ROLE = re.compile(r"(?:OA|OÄ|CA|CÄ|LA|LÄ|Schwester)\.?\s+$")


@cache
def _listed(name: str) -> frozenset[str]:
    lines = (files(__package__) / "data" / name).read_text("utf-8").splitlines()
    return frozenset(line.strip().casefold() for line in lines if line.strip() and not line.startswith("#"))


def people_in(text: str) -> Iterator[Span]:
    """Their names; the title before and what follows stay."""
    for pattern in (SIGNED, GREETED, TITLED):
        for found in pattern.finditer(text):
            begin, end = found.span("names")
            if pattern is not TITLED and (titled := re.match(TITLES, text[begin:end])):
                begin += titled.end()
            if SHORT_ROLE.search(text, found.start(), begin) and _is_disease(text[begin:end]):
                continue
            end = _end_of_names(text, begin, end)
            if end > begin and text[begin:end].casefold() not in _listed("eponyms.txt"):
                yield marked(begin, end, "name")


def _is_disease(words: str) -> bool:
    first = re.match(r"[^\W\d_]+", words)
    return first is not None and first[0].casefold() in _listed("not_behind_roles.txt")


def _end_of_names(text: str, begin: int, end: int) -> int:
    """Up to the first word that is none: nouns have capitals in German, and headings everywhere."""
    last = begin
    for number, found in enumerate(NAME.finditer(text, begin, end)):
        word = found[0].casefold().strip(".")
        ordinary = word in _listed("no_names.txt") or (number > 0 and word in _listed("after_names.txt"))
        if ordinary or not found[0][0].isupper():
            break
        last = found.end()
    return last
