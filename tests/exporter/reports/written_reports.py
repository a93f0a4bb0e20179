"""A seeded corpus of reports in German and English, and where in them something of a person's stands."""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from radquarry.exporter.cleaning.own_values import Identity
from radquarry.exporter.reports.deidentifying import Subject

FAMILIES = (
    "Müller",
    "Quarrymann",
    "Meier-Huber",
    "O'Brien",
    "Zürcher",
    "Weiß",
    "Di Stefano",
    "Nguyen",
    "Søndergaard",
    "Smith",
)
GIVEN = ("Josefine", "Hans-Peter", "Séan", "Maria", "Thanh", "Jürg", "Anna", "William")
DOCTORS = (
    "Keller",
    "von Allmen",
    "Brunner",
    "McCarthy",
    "Lehmann-Vogt",
    "Patel",
    "Rossi",
    "Steiner",
    "Hughes",
    "Schäfer",
)
STREETS = {
    "de": ("Bahnhofstrasse 12", "Lindenweg 3a", "Alte Landstraße 107"),
    "en": ("221 Baker Street", "14 Elm Avenue", "7 Old Mill Road"),
}
TOWNS = {"de": ("8001 Zürich", "79104 Freiburg", "3010 Bern"), "en": ("Springfield, IL 62704", "London NW1 6XE")}
MONTHS = {
    "de": (
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ),
    "en": (
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
}
MEDICAL = {
    "de": (
        "Kein Hinweis auf Lungenembolie. Pleuraerguss rechts 12 x 8 mm.", "Bekannter Morbus Crohn, Bosniak IIF Zyste der linken Niere.",
        "Gonarthrose nach Kellgren-Lawrence Grad 3, Baker-Zyste 2.3 cm.", "Diskusprotrusion LWK 4/5, Modic Typ 2, BWK 11/12 unauffällig.",
        "Gabe von 80 ml Kontrastmittel um 14:30 Uhr, kVp 120, 2000 mGy cm.", "Status nach Hüft-TEP links, Schmorl-Knoten, M. Scheuermann.",
        "Herz normal gross, Mediastinum mittelständig. Frau und Mann betreffend keine Angabe.", "Weber B Fraktur, Salter-Harris II, Gleason 3+4=7.",
        "Die Patientin klagt über Schmerzen seit gestern, Verlauf in 6 Wochen empfohlen.", "Segment 4 mit Herd 1.5 x 2.0 cm, SUV 4.2, Serie 3 Bild 45.",
    ),
    "en": (
        "No pulmonary embolism. Right pleural effusion 12 x 8 mm.", "Known Crohn disease, Bosniak IIF cyst of the left kidney.",
        "Osteoarthritis, Kellgren-Lawrence grade 3, Baker cyst 2.3 cm.", "Disc protrusion L4/5, Modic type 2, T11/12 unremarkable.",
        "80 ml of contrast at 14:30, 120 kVp, 2000 mGy cm.", "Status post hip replacement, Schmorl node, Scheuermann disease.",
        "Heart size normal, mediastinum midline. May be followed up in March of care.", "Weber B fracture, Salter-Harris II, Gleason 3+4=7.",
        "The patient complains of pain since yesterday, follow-up in 6 weeks.", "Segment 4 lesion 1.5 x 2.0 cm, SUV 4.2, series 3 image 45.",
    ),
}  # fmt: skip
FRAMES = {
    "de": (
        "{title} vom {date}", "Patient: {addressed} {own name}, geb. {date}, Pat.-Nr. {patient id}", "Auftragsnummer: {accession number}",
        "Adresse: {address}", "Tel. {phone}, E-Mail: {e-mail}", "AHV-Nr. {insurance number}", "Zuweiser: {doctor}",
        "Vergleich: CT vom {date}, MRT {incomplete}.", "Besprochen mit {doctor} am {date} um 09:15 Uhr.", "{addressed} {own family} wurde aufgeklärt.",
        "Siehe {url tail}", "gez. {doctor}, Oberarzt", "Mit freundlichen Grüssen, {doctor}", "Voruntersuchungen {range}.",
        "OP im Jahr {year} durch {doctor}.",
    ),
    "en": (
        "{title} of {date}", "Patient: {addressed} {own name}, DOB {date}, MRN {patient id}", "Accession: {accession number}",
        "Address: {address}", "Phone: {phone}, e-mail {e-mail}", "SSN {insurance number}", "Referring physician: {doctor}",
        "Comparison: CT of {date}, MRI {incomplete}.", "Discussed with {doctor} on {date} at 09:15.", "{addressed} {own family} was informed.",
        "See {url tail}", "Electronically signed by {doctor} MD", "Dictated by {doctor}", "Surgery in {year} by {doctor}.",
    ),
}  # fmt: skip
SLOT = re.compile(r"\{([a-z -]+)\}")


@dataclass(frozen=True)
class Planted:
    """Something of a person's in a report."""

    kind: str
    begin: int
    end: int


@dataclass(frozen=True)
class Written:
    """A report, whose it is, in which language, and what stands in it."""

    text: str
    subject: Subject
    language: str
    planted: tuple[Planted, ...]


def reports(seed: int, count: int) -> Iterator[Written]:
    """Half of them German."""
    for number in range(count):
        yield _Writer(random.Random(f"{seed} {number}"), ("de", "en")[number % 2]).report()


class _Writer:
    def __init__(self, chance: random.Random, language: str) -> None:
        self._chance, self._language = chance, language
        self._family, self._given = chance.choice(FAMILIES), chance.choice(GIVEN)
        self._patient = f"PID{chance.randint(10**6, 10**7 - 1)}"
        self._accession = f"ACC{chance.randint(10**5, 10**6 - 1)}"
        self._study = date(2023, 1, 1) + timedelta(days=chance.randint(0, 500))

    def report(self) -> Written:
        frames = [frame for frame in FRAMES[self._language] if self._chance.random() < 0.8]
        lines = frames + self._chance.sample(MEDICAL[self._language], 5)
        self._chance.shuffle(lines)
        text, planted = "", []
        for line in lines:
            at = 0
            for slot in SLOT.finditer(line):
                text += line[at : slot.start()]
                kind, value, after = self._value(slot[1])
                if kind:
                    planted.append(Planted(kind, len(text), len(text) + len(value)))
                text += value + after
                at = slot.end()
            text += line[at:] + "\n"
        identity = Identity(
            self._patient,
            {f"{self._family}^{self._given}"},
            {self._patient, self._accession},
            {},
            {f"{self._study:%Y%m%d}"},
        )
        return Written(text, Subject(identity, frozenset({self._accession})), self._language, tuple(planted))

    def _value(self, slot: str) -> tuple[str, str, str]:
        """Kind ("" where it is nobody's), value, and what follows it."""
        chance, german = self._chance, self._language == "de"
        simple = {
            "title": ("", "CT Thorax"), "addressed": ("", chance.choice(("Herr", "Frau") if german else ("Mr.", "Mrs."))),
            "patient id": ("patient id", chance.choice((self._patient, f"{self._patient[:3]} {self._patient[3:]}"))),
            "accession number": ("accession number", self._accession), "url tail": ("url", f"https://pacs.spital.example/v?u={chance.randint(1000, 9999)}"),
            "own family": ("own name", self._spelt(self._family)), "own name": ("own name", self._own_name()),
            "e-mail": ("e-mail", f"{chance.choice(DOCTORS).split()[-1].lower()}@hospital.example"),
            "address": ("address", f"{chance.choice(STREETS[self._language])}, {chance.choice(TOWNS[self._language])}"),
            "date": ("date", self._date()), "range": ("date", f"{chance.randint(1, 12):02}.-{chance.randint(13, 28)}.03.2022"),
            "year": ("incomplete date", str(chance.randint(1995, 2020))),
            "incomplete": ("incomplete date", chance.choice(("03/22", "11/2021", f"{chance.choice(MONTHS[self._language])} 2021"))),
        }  # fmt: skip
        if slot == "phone":
            return (
                "phone",
                chance.choice(
                    ("044 123 45 67", "+41 79 123 45 67", "0761/270-1234")
                    if german
                    else ("(555) 123-4567", "555-123-4567", "+44 20 7946 0958")
                ),
                "",
            )
        if slot == "insurance number":
            return "insurance number", "756.1234.5678.97" if german else "123-45-6789", ""
        if slot == "doctor":
            title = chance.choice(("Dr. med. ", "Prof. Dr. ", "Frau Dr. ") if german else ("Dr. ", "Prof. "))
            return "doctor", f"{title}{chance.choice(('', 'P. ', 'Anna '))}{chance.choice(DOCTORS)}", ""
        return (*simple[slot], "")

    def _own_name(self) -> str:
        given, family = self._given, self._spelt(self._family)
        return self._chance.choice(
            (f"{given} {family}", f"{family}, {given}", f"{family.upper()} {given}", f"{family}")
        )

    def _spelt(self, name: str) -> str:
        umlauts = str.maketrans({"ü": "ue", "ö": "oe", "ä": "ae", "ß": "ss"})
        return self._chance.choice((name, name, name.translate(umlauts), name.upper()))

    def _date(self) -> str:
        day = self._study - timedelta(days=self._chance.randint(0, 9000))
        month = MONTHS[self._language][day.month - 1]
        if self._language == "de":
            forms = (
                f"{day:%d.%m.%Y}",
                f"{day.day}.{day.month}.{day:%y}",
                f"{day.day}. {month} {day.year}",
                f"{day:%Y-%m-%d}",
            )
        else:
            forms = (
                f"{day:%m/%d/%Y}",
                f"{month} {day.day}, {day.year}",
                f"{day.day} {month[:3]} {day.year}",
                f"{day:%Y-%m-%d}",
            )
        return self._chance.choice(forms)
