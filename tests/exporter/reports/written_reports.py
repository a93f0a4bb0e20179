"""A seeded corpus of reports in German and English, and where in them something of a person's stands."""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from radquarry.exporter.cleaning.own_values import Identity
from radquarry.exporter.reports.deidentifying import Subject
from tests.exporter.reports.stock import (
    DOCTORS,
    FAMILIES,
    FRAMES,
    GIVEN,
    MEDICAL,
    MONTHS,
    RELATIONS,
    STREETS,
    SURNAMES,
    TOWNS,
)

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
            "title": ("", "CT Thorax"),
            "addressed": ("", chance.choice(("Herr", "Frau") if german else ("Mr.", "Mrs."))),
            "patient id": ("patient id", chance.choice((self._patient, f"{self._patient[:3]} {self._patient[3:]}"))),
            "accession number": ("accession number", self._accession),
            "url tail": ("url", f"https://pacs.spital.example/v?u={chance.randint(1000, 9999)}"),
            "own family": ("own name", self._spelt(self._family)),
            "own name": ("own name", self._own_name()),
            "e-mail": ("e-mail", f"{chance.choice(DOCTORS).split()[-1].lower()}@hospital.example"),
            "address": ("address", f"{chance.choice(STREETS[self._language])}, {chance.choice(TOWNS[self._language])}"),
            "date": ("date", self._date()),
            "range": ("date", f"{chance.randint(1, 12):02}.-{chance.randint(13, 28)}.03.2022"),
            "year": ("incomplete date", str(chance.randint(1995, 2020))),
            "vague": ("incomplete date", self._vague()),
            "relation": ("", chance.choice(RELATIONS[self._language])),
            "surname": ("untitled person", chance.choice(SURNAMES)),
            "untitled": (
                "untitled person",
                chance.choice(("{}", "{} {}", "{} K. {}")).format(
                    chance.choice(("Karl", "Rosalie", "Emre", "Hubert")), chance.choice(SURNAMES)
                ),
            ),
            "marked up": ("own name", self._marked_up()),
            "incomplete": (
                "incomplete date",
                chance.choice(("03/22", "11/2021", f"{chance.choice(MONTHS[self._language])} 2021")),
            ),
        }
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

    def _vague(self) -> str:
        chance, year = self._chance, self._chance.randint(1995, 2022)
        month = chance.choice(MONTHS[self._language])
        season = "Sommer" if self._language == "de" else "summer"
        return chance.choice(
            (f"{year}", f"'{year % 100:02}", f"{chance.randint(1, 12)}/{year}", f"{chance.randint(1, 12):02}/{year}",
             f"{month} {year}", f"{month} {year % 100:02}", f"{month} '{year % 100:02}", f"{season} {year}",
             f"{year}-{chance.randint(1, 12):02}", f"{year}/{(year + 1) % 100:02}")
        )  # fmt: skip

    def _marked_up(self) -> str:
        """The family's name in entities, in RTF's escapes, or with a soft hyphen in it."""
        chance, name = self._chance, self._family
        return chance.choice(
            (
                "".join(letter if letter.isascii() else f"&#{ord(letter)};" for letter in name),
                "".join(letter if letter.isascii() else f"\\'{ord(letter):02x}" for letter in name),
                "".join(letter if letter.isascii() else f"\\u{ord(letter)}?" for letter in name),
                f"{name[:2]}&shy;{name[2:]}",
            )
        )

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
