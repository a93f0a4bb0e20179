"""How a person's name looks, and which words with a capital are none."""

import re

from radquarry.exporter.reports.word_lists import listed

PARTICLE = r"(?:von der|von|v\.|van der|van den|van|de la|de|del|della|di|da|du|dos|zu|zur|am|ten|ter|el|al|le|la|st\.)"
CAPITAL = r"[^\W\d_a-zäöüßàâçéèêëîïôûùœæãñõåø]"
LETTERS = r"[^\W\d_]{0,40}"
WORD = rf"{CAPITAL}{LETTERS}(?:['’]{LETTERS})?(?:-{CAPITAL}{LETTERS}(?:['’]{LETTERS})?){{0,3}}"
INITIAL = rf"{CAPITAL}\.(?:-?{CAPITAL}\.)?"
ONE = rf"(?:{INITIAL}|{WORD})"
FIRST = rf"(?:{INITIAL}\s?){{0,2}}(?:{PARTICLE}\s)?{WORD}"
NO_TITLE = r"(?!(?:Dr|DR|Prof|PROF|Herrn?|Frau|Hr|Fr|Mrs?|Ms|Mme)\b)"
"""Where one begins, another person does."""
NAMES = rf"{FIRST}(?:[ ]{NO_TITLE}(?:{PARTICLE}\s)?{ONE}){{0,3}}"
TWO_NAMES = rf"{FIRST}(?:[ ]{NO_TITLE}(?:{PARTICLE}\s)?{ONE}){{1,3}}"
NAME = re.compile(rf"{INITIAL}|{WORD}")
OF_THINGS = re.compile(
    r"[^\W\d_]{2,}(?:karzinom|carcinom|carcinoma|adenom|sarkom|melanom|lymphom|myelom|gliom|lymphoma|stenose|infarkt|krebs|tumor"
    r"|leukämie|itis|erkrankung|leiden|anamnese|embolie|insuffizienz|tonie|tension|osis|pathie|plasie|syndrom|krankheit"
    r"|schwäche|dialyse|throse|brose|klerose|nose|stose|rhose|anfall|schlag|heit|keit|ierung|ndung|chung|llung|tung|gung"
    r"|druck|volumen|index|größe|grösse|fläche|durchmesser|funktion|gradient|verschluss|narkose|anästhesie|anesthesia"
    r"|vorhofohr|tomie|stomie|plastik|osteosynthese|biopsie|punktion|resektion|implantation|reposition|prothese|operation"
    r"|schmerz|schmerzen|cancer|disease|ologie|ologist|ologists|ology|chirurgie|chirurg|surgery|iatrie|ologe|ologen"
    r"|ologin|ädie|paedics|orthopedics|medizin|medicine|therapie|therapy|skopie|graphie|grafie|graphy|befund|station"
    r"|abteilung|klinik|praxis|team|dienst|personal|arzt|ärztin|ärzte|ärzten|ektomie|ectomy|ation|ition|untersuchung)"
)
"""Endings of diseases, symptoms, departments and what is done: words in lower case of two letters and more before."""
ABBREVIATED = re.compile(r"[^\W\d_]{1,4}\.\s?(?:[a-zäöü]{1,4}\.|[a-zäöü](?![^\W\d_]))|[^\W\d_]\.[a-zäöü]")
"""Z.n., V. a., St.p.: what has a letter in lower case behind its point is no initial."""
LONGEST_ABBREVIATION = 4
"""Letters. KHK, ICU, MRT: no name where nothing but the place in a sentence says so."""


def end_of_names(text: str, begin: int, end: int, *, surely: bool, shouted: bool = False) -> int:
    """Up to the first word that is none: nouns have capitals in German, and headings everywhere.

    `surely`: a title stands before, and words that name things may be names too; `shouted`: all is in capitals there.
    """
    last = begin
    for number, found in enumerate(NAME.finditer(text, begin, end)):
        word = found[0].casefold().strip(".")
        ordinary = word in listed("no_names.txt") or (number > 0 and word in listed("after_names.txt"))
        if ABBREVIATED.match(text, found.start()) or text.startswith("DD ", found.start()):
            break
        thing = not surely and _is_thing(found[0], shouted=shouted or _is_shouted(text[begin:last]))
        if thing and last > begin and re.fullmatch(rf"(?:{INITIAL}\s?)+", text[begin:last]):
            return begin
        if ordinary or thing or not found[0][0].isupper():
            break
        if found[0].isupper() and found[0].casefold() in listed("verbs.txt"):
            break
        last = found.end()
    return last


def _is_shouted(names: str) -> bool:
    """SMITH, JOHN: behind a surname in capitals a short word in capitals is no abbreviation."""
    letters = max(re.findall(r"[^\W\d_]+", names), key=len, default="")
    return letters.isupper() and len(letters) > LONGEST_ABBREVIATION


def _is_thing(word: str, *, shouted: bool) -> bool:
    said = word.casefold()
    if said in listed("verbs.txt") or said in listed("not_people.txt") or said in listed("after_names.txt"):
        return True
    short = not shouted and word.isupper() and len(word) <= LONGEST_ABBREVIATION and word[1:].isalpha()
    last = said.rpartition("-")[2]
    return short or last in listed("not_people.txt") or OF_THINGS.fullmatch(last) is not None
