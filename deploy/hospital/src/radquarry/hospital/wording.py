"""The words that fill a phrase's slots: the same side, place and size wherever a report speaks of one finding."""

from collections.abc import Mapping
from datetime import date

from radquarry.hospital.dice import Dice

_SIDES = (("right", "rechts"), ("left", "links"))
_LOBES = (
    (("right upper", "rechten Oberlappen"), ("right middle", "Mittellappen"), ("right lower", "rechten Unterlappen")),
    (("left upper", "linken Oberlappen"), ("left lower", "linken Unterlappen"), ("left lower", "linken Unterlappen")),
)
_TERRITORIES = (("middle cerebral artery", "Media"), ("posterior cerebral artery", "Posterior"), ("PICA", "PICA"))
_MENISCI = (("medial", "Innen"), ("lateral", "Aussen"))
_VESSELS = (("LAD", "RIVA"), ("circumflex artery", "RCX"), ("right coronary artery", "RCA"))
_SEGMENTS = ("II", "III", "IVa", "IVb", "V", "VI", "VII", "VIII")
_LUMBAR = ("L3/4", "L4/5", "L4/5", "L5/S1", "L5/S1")
_CERVICAL = ("C4/5", "C5/6", "C5/6", "C6/7")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July",
    "August", "September", "October", "November", "December",
)  # fmt: skip


def slots(dice: Dice, language: str, body_part: str) -> dict[str, str]:
    """A value for every slot of the stock of findings."""
    tongue = 1 if language == "de" else 0
    side = dice.below(2)
    territory, meniscus, vessel = dice.pick(_TERRITORIES), dice.pick(_MENISCI), dice.pick(_VESSELS)
    lobe = dice.pick(_LOBES[side])
    return {
        "side": _SIDES[side][tongue],
        "seite": _SIDES[side][tongue],
        "lobe": lobe[0],
        "lappen": lobe[1],
        "territory": territory[0],
        "territorium": territory[1],
        "horn": meniscus[0],
        "meniskus": meniscus[1],
        "vessel": vessel[tongue],
        "segment": dice.pick(_SEGMENTS),
        "level": dice.pick(_CERVICAL if body_part == "CSPINE" else _LUMBAR),
        "vertebra": dice.pick(("T11", "T12", "L1", "L2", "L3")),
        "size": str(dice.between(4, 38)),
        "large": str(dice.between(42, 78)),
        "number": str(dice.between(4, 9)),
        "percent": str(dice.between(10, 19) * 5),
    }


def filled(phrase: str, words: Mapping[str, str]) -> str:
    """The phrase with its slots filled; a slot with a capital letter gets a capitalised word."""
    capitalised = {name.capitalize(): word[:1].upper() + word[1:] for name, word in words.items()}
    sentence = phrase.format_map({**words, **capitalised})
    return sentence[:1].upper() + sentence[1:]


def written_date(day: date, language: str) -> str:
    """A date as reports of that language write it."""
    return f"{day:%d.%m.%Y}" if language == "de" else f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
