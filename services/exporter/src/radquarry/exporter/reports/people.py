"""Other people in a report: whoever stands behind a title or a relation, was spoken with, or signed."""

import re
from collections.abc import Iterator

from radquarry.exporter.reports.naming import (
    CAPITAL,
    FIRST,
    INITIAL,
    NAME,
    NAMES,
    ONE,
    PARTICLE,
    TWO_NAMES,
    WORD,
    end_of_names,
)
from radquarry.exporter.reports.relations import BORN, FORMS, KIN, LABELS, OF_PATIENTS, SPOKEN, TEAM
from radquarry.exporter.reports.spans import Span, marked
from radquarry.exporter.reports.word_lists import listed

SEQUENCE = (
    r"(?i:w|fs|tse|fse|fast?|fat.?sat|fettges|fettsupp|gew|wichtung|spair|spir|stir|dixon|blade|space|vista|cube"
    r"|sag|cor|kor|tra|ax|3d)"
)
"""What stands behind PD where it is proton density."""
DOCTOR = (
    rf"(?:Prof|PROF|Dres|Drs|[Dd]r|DR|Dra|[Dd]ott(?:\.?ssa)?|[Dd]octeur|PD(?![\s-]+{SEQUENCE})|Priv)\.?"
    r"(?:[-\s]?(?:Doz|m[eé]d|iur|oec|theol|vet|sc|in|h\.\sc|rer|nat|phil|h\.c|dent|Dr|Prof|univ|habil|mult|Dipl|MED|DOZ|DR)\.?){0,6}"
)
ADDRESSED = (
    r"(?:Herrn?|HERRN?|Frau|FRAU|Fr\.|FR\.|Hr\.?|HR\.?|M(?:rs?|RS|s)\.?|Miss|MISS|Mister|Sir|Monsieur|MONSIEUR|Madame|MADAME"
    r"|Mme|MME|Mlle|Signora?|SIGNORA?|[Ss]ig\.ra|[Ss]ig\.|Sra?\.|Srta\.|[Dd]hr\.?|[Mm]evr\.?|[Mm]evrouw|[Mm]w\.|[Mm]eneer|geb\.|[Gg]eborene[rn]?|née)"
)
"""And what stands before the name somebody was born with."""
ROLES = (
    r"(?:Kollegen?|Kollegin(?:nen)?|Koll(?:g|eg)?\.(?:in)?|Oberarzt|Oberärztin|Chefarzt|Chefärztin|Assistenzarzt"
    r"|Assistenzärztin|Leitender Arzt|OA|OÄ|CA|CÄ|LA|LÄ|DA|DÄ|AA|RN|MTRA|Nurse|Sister|Pfleger|Schwester|Doctor"
    r"|Professor)"
)
TITLES = rf"(?:(?:{ADDRESSED}|{DOCTOR})(?:(?=[\s.])\.?\s+|(?<=\.))|{ROLES}\.?[^\S\n]+){{1,8}}"
"""A line may end behind a Dr., and not behind a role, which often ends a signature."""
TITLED = re.compile(rf"(?<!\w){TITLES}(?P<names>{NAMES})")
SIGNERS = (
    "zuweiser(?:in)?|überweiser(?:in)?|einweiser(?:in)?|hausarzt|hausärztin|radiologe|radiologin|befunder(?:in)?"
    "|electronically signed|digitally signed|referring physician|radiologist|attending|physician"
    "|(?:hausarzt|gemeinschafts)?praxis|médecin|refertato|medico|cc(?=\\s?:)|visum|sekretariat"
)
PARTICIPLES = "gezeichnet|gez|visiert|vidiert|validiert|unterschrift|diktiert|befundet|freigegeben|erstellt|geschrieben"
VERBS = (
    "signed|dictated|reported|reviewed|verified|transcribed|approved|ordered|interpreted|read|prepared|authored|typed"
    "|addendum|preliminary|prelim|finali[sz]ed|edited|entered"
    "|signé|dicté|validé|relu|rédigé|firmato|refertato|firmado|informado|dictado|validado|gelezen|getekend|geautoriseerd"
)
BY = (
    r"(?:\s(?:durch|von|by|and verified by|par|da|por|door|électroniquement|digitalmente"
    r"|(?:electronically|digitally|elektronisch|digital)(?=\s(?:by|durch|von)|\s?:)))"
)
SIGNED = re.compile(
    rf"(?<!\w)(?:(?i:(?:gez(?:eichnet)?\.|(?:{SIGNERS})\b){BY}*)\s?:?\s+"
    rf"|(?i:(?:{PARTICIPLES})\b)(?:(?i:{BY}+\s?:?\s+)|\s?:\s*|[^\S\n]+)"
    rf"|(?i:(?:{VERBS})\b)(?:(?i:{BY}+\s?:?\s+)|\s?:\s*)"
    r"|[iI]\.\s?A\.\s+|(?i:im auftrag|ppa\.|per procura)\s+)"
    rf"(?P<names>(?:{TITLES})?{FIRST}(?:,?[ ](?:{PARTICLE}\s)?{ONE}){{0,3}})"
)
"""A verb needs its by: reported Pain. Whoever signs in another's place signs, too."""
FOR_ANOTHER = re.compile(rf"(?m)^[^\S\n]*i\.\s?V\.[^\S\n]+(?P<names>{NAMES})[^\S\n]*$")
"""On a line of its own: i.V. is intravenous elsewhere."""
GREETED = re.compile(
    r"(?<!\w)(?i:(?:freundliche[nrm]?|kollegiale[nrm]?|herzliche[nrm]?|beste) gr(?:ü|ue)(?:ß|ss)en?|mfg"
    r"|(?:best|kind|kindest) regards|sincerely|cordialement|(?:bien )?confraternellement|(?:cordiali|distinti) saluti"
    r"|atentamente"
    r"|(?:un )?cordial(?:es)? saludos?|(?:met )?(?:vriendelijke|collegiale) groet(?:en)?)\s?,?\s+"
    rf"(?P<names>(?:{TITLES})?{NAMES})"
)
RANKS = (
    r"Leitende[rn]?\s(?:Arzt|Ärztin)|(?:Leitende[rn]?\s)?(?:Ober|Chef|Assistenz|Fach|Stations|Stv\.\s?Chef)(?:arzt|ärztin)|Radiolog(?:e|in|ist)\b"
    r"|Klinikdirektor|Consultant|Attending|Resident|M\.?D\.?\b|FRCR|[Rr]adioloog|Radiólog[oa]"
)
SIGNER = rf"(?:{TWO_NAMES}|(?:{INITIAL}\s?){{1,2}}{WORD})"
ABOVE_RANK = re.compile(
    rf"(?m)^[^\S\n]*(?P<line>{SIGNER}(?:[^\S\n]{{2,20}}{SIGNER}){{0,3}})(?:[^\S\n]*\n[^\S\n]*|,[^\S\n])(?:{RANKS})"
)
"""Several may sign side by side."""
AND = (
    r"(?:\s?[/&+]\s?|,?\s(?:und|u\.|and|et|e|y|en|sowie|bzw\.|oder)\s+"
    rf"|,\s(?={NAMES}(?:,\s{NAMES}){{0,3}},?\s(?:und|u\.|and|et|&)\s))"
)
FURTHER = re.compile(rf"{AND}(?!{TITLES})(?P<names>{NAMES})")
HYPHENED = re.compile(rf"(?<![\w.-])(?P<names>{CAPITAL}[a-z]?\.\s?-\s?{CAPITAL}[a-z]?\.\s?(?:{PARTICLE}\s)?{WORD})")
"""K.-H. Meier: no abbreviation of medicine has a hyphen between two letters with points."""
LISTED = re.compile(rf"(?:\s\([^()\n]{{1,30}}\))?(?:,\s|\s?[/&+]\s?)(?!{TITLES})(?P<names>(?>{NAMES}))(?!\.?:)")
MOST_BESIDE = 8
"""Who stands there with a title is found by that, and whoever is beside them."""
PATTERNS = (SIGNED, FOR_ANOTHER, GREETED, TITLED, KIN, *SPOKEN, LABELS, TEAM, FORMS, BORN, *OF_PATIENTS, HYPHENED)
FEWEST_OF_PATIENTS = 2
"""Words: a name behind the patient has as many at least."""
BEHIND_TITLES = re.compile(TITLES)
SURE = (TITLED, FOR_ANOTHER, LABELS, HYPHENED)
SURELY_SIGNED = re.compile(r"(?i:gez|i\.\s?a\.)")
SHORT_ROLE = re.compile(r"(?:OA|OÄ|CA|CÄ|LA|LÄ|DA|DÄ|AA|RN|Sister|Schwester)\.?\s+$")
GRADED = re.compile(
    r"\s?(?:\d|[A-D]\b|[IV]{1,3}[ab]?\b|Grad|grade|Typ|type|Klass|class|[Ss]core|Fraktur|fracture|Zyste|cyst|Läsion)"
)
"""What stands behind a sign or a score, and not behind who it is named for."""


def people_in(text: str) -> Iterator[Span]:
    """Their names; the title before and what follows stay."""
    for pattern in PATTERNS:
        for begin, end in _found(text, pattern):
            yield marked(begin, end, "name")
            yield from people_beside(text, end, listed_there=pattern is TEAM)
    for found in ABOVE_RANK.finditer(text):
        for one in re.finditer(SIGNER, text[found.start("line") : found.end("line")]):
            begin, end = found.start("line") + one.start(), found.start("line") + one.end()
            if end_of_names(text, begin, end, surely=False) == end:
                yield marked(begin, end, "name")


def _found(text: str, pattern: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """Goes on where a name ends: what follows it within a match may say of the next one that it is one."""
    at = 0
    while found := pattern.search(text, at):
        begin, end = _names_of(text, pattern, found)
        at = end if end > begin else begin if begin > found.start() else found.end()
        if end > begin:
            yield begin, end


def _names_of(text: str, pattern: re.Pattern[str], found: re.Match[str]) -> tuple[int, int]:
    """From where to where a match is a name; nothing where it is none."""
    begin, end = found.span("names")
    titled = BEHIND_TITLES.match(text, begin) if pattern is not TITLED else None
    begin = titled.end() if titled else begin
    short = SHORT_ROLE.search(text, found.start(), begin) is not None
    if short and _is_disease(text[begin:end]):
        return begin, begin
    surely = (
        (pattern in SURE and not short) or titled is not None or SURELY_SIGNED.match(text, found.start()) is not None
    )
    end = end_of_names(text, begin, end, surely=surely, shouted=text[found.start() : begin].isupper())
    is_heading = pattern is LABELS and text[begin:end].casefold() in listed("columns_of_things.txt")
    one_word = pattern in OF_PATIENTS and len(NAME.findall(text, begin, end)) < FEWEST_OF_PATIENTS
    eponym = pattern is TITLED and _is_eponym(text, found.start(), begin, end)
    return begin, begin if is_heading or one_word or eponym else end


def people_beside(text: str, end: int, *, listed_there: bool = False) -> Iterator[Span]:
    """Who is named in one with somebody whose name ends there: Huber und Zimmermann, Müller/Schmidt.

    `listed_there`: behind a label, where commas and departments in brackets stand between people too.
    """
    for _ in range(MOST_BESIDE):
        found = FURTHER.match(text, end) or (LISTED.match(text, end) if listed_there else None)
        if found is None:
            break
        begin = found.start("names")
        end = end_of_names(text, begin, found.end("names"), surely=False)
        if end == begin:
            break
        yield marked(begin, end, "name")


def _is_eponym(text: str, titles: int, begin: int, end: int) -> bool:
    """Behind a Dr. it is none who reads reports, where a grade follows; a Frau Weber is a person."""
    named = text[begin:end].casefold() in listed("eponyms.txt")
    return named and GRADED.match(text, end) is not None and not re.match(ADDRESSED, text[titles:begin])


def _is_disease(words: str) -> bool:
    first = re.match(r"[^\W\d_]+", words)
    return first is not None and first[0].casefold() in listed("not_behind_roles.txt")
