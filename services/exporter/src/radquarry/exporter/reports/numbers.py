"""Numbers and addresses that belong to one person: telephones, insurances, e-mail, and whatever a label calls an id."""

import re
from collections.abc import Iterator

from radquarry.exporter.reports.spans import Span, marked

EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
URL = re.compile(r"(?:https?://|www\.)[^\s<>\"')]+", re.IGNORECASE)
UID = re.compile(r"(?<![\d.])[0-2]\.\d+(?:\.\d+){3,}(?![\d])")
CALLED = re.compile(
    r"(?<!\w)(?:Tel(?:efon)?|Telephone|Telefax|Fax|Phone|Mobile?|Mobil|Natel|Handy|Pager|Beeper|Piepser|Funk|Durchwahl|ext|Ext|Tél)\b"
    r"\.?(?:\s?(?:Nr|no|n°|intern)\.?)?\s?:?\s?(?P<number>\+?[\d(][\d\s()/.\-]{2,20}\d)"
)
PHONES = (
    re.compile(r"(?<![\w+])(?:\+|00)(?:41|49|43|44|33|39|1)[\s./-]?(?:\(0\))?[\d\s()/.-]{7,16}\d"),
    re.compile(r"(?<![\w.,])0\d{2,4}\s?[/-]\s?\d{3,4}(?:[\s-]?\d{2,4}){0,3}(?!\d)"),
    re.compile(r"(?<![\w.,])0\d{2}\s\d{3}\s\d{2}\s\d{2}(?!\d)"),
    re.compile(r"(?<![\w.,/-])0[1-9]\d{7,9}(?![\w/-]|[.,]\d)"),
    re.compile(r"(?<![\w.,])0\d{3,4}\s\d{3}\s?\d{3,4}(?!\d)"),
    re.compile(r"(?<![\w.,])\(?[2-9]\d{2}\)?[\s.-]\d{3}[.-]\d{4}(?!\d)"),
)
AHV = re.compile(r"(?<!\d)756[.\s]?\d{4}[.\s]?\d{4}[.\s]?\d{2}(?!\d)")
KVNR = re.compile(r"(?<![A-Z0-9])[A-Z]\d{9}(?!\d)")
SSN = re.compile(r"(?<![\d-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\d-])")
NHS = re.compile(r"(?<!\d)\d{3}[\s-]?\d{3}[\s-]?\d{4}(?!\d)")
SVNR = re.compile(
    r"(?<!\w)(?P<label>(?i:(?:sv|versicherungs|sozialversicherungs)-?\s?(?:nr|nummer)|svnr|vsnr|vnr)\b\.?\s?[:#=]?\s?)?"
    r"(?P<id>(?<![\d.,/-])[1-9]\d{3}[\s/-]?(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-5])\d\d)(?![\d/-]|[.,]\d)"
)
"""Austria's: four digits and the day of birth; its months go up to 15."""
SVNR_WEIGHTS = (3, 7, 9, 0, 5, 8, 4, 2, 1, 6)
IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?:\s?[0-9A-Z]{4}){3,7}(?:\s?[0-9A-Z]{1,3})?(?!\w)")
LABELLED = re.compile(
    r"(?<!\w)(?:(?:Pat(?:ient(?:en)?)?\.?|Fall|Aufnahme|Behandlungs|Besuchs|Untersuchungs|Befund|Histo|Auftrags?|Akten|Versicherten|Versicherungs|Kranken(?:kassen|versicherten)?|AHV|SV|Case"
    r"|Order|Accession|Visit|Encounter|Hospital|Medical Record|Record|Insurance|Policy|Dossier|Kassen)[\s_-]?"
    r"(?:Nr|Nummer|No|Number|ID|nr|nummer|id|number|no)\b|(?i:hosp|vers|acc|unit)\.?[\s-]?(?:n(?:r|o)|#)|Fall(?=\s?[:#])|(?:Fall|Encounter|FIN)(?=\s\d{6})|(?i:(?:fall|pat|case)-?n(?:r|o))\b|MRN|PID|KVNR|FID|AHV|NHS|SSN|ID|Accession|Fallnr|Pat-ID|IPP)"
    r"\.?\s?[:#=]?\s?(?P<id>[A-Z]{0,5}[-/.]?\d[\dA-Z./-]{2,}\d)"
)


def numbers_in(text: str) -> Iterator[Span]:
    """Surer ones first. UIDs are the caller's to replace."""
    yield from (marked(*found.span(), "e-mail") for found in EMAIL.finditer(text))
    yield from (marked(*found.span(), "url") for found in URL.finditer(text))
    yield from (marked(*found.span(), "insurance number") for found in AHV.finditer(text) if _is_ahv(found[0]))
    yield from (marked(*found.span(), "insurance number") for found in KVNR.finditer(text) if _is_kvnr(found[0]))
    for found in SVNR.finditer(text):
        if found["label"] or _is_svnr(found["id"]):
            yield marked(*found.span("id"), "insurance number")
    yield from (marked(*found.span(), "insurance number") for found in SSN.finditer(text))
    yield from (marked(*found.span("number"), "phone") for found in CALLED.finditer(text))
    for pattern in PHONES:
        yield from (marked(*found.span(), "phone") for found in pattern.finditer(text))
    yield from (marked(*found.span(), "insurance number") for found in NHS.finditer(text) if _is_nhs(found[0]))
    yield from (marked(*found.span(), "id") for found in IBAN.finditer(text) if _is_iban(found[0]))
    yield from (marked(*found.span("id"), "id") for found in LABELLED.finditer(text))


def _digits(text: str) -> list[int]:
    return [int(character) for character in text if character.isdecimal()]


def _is_ahv(text: str) -> bool:
    """With points whatever its check digit says, as they are mistyped; without only where it is right (EAN-13)."""
    digits = _digits(text)
    total = sum(digit * (3 if at % 2 else 1) for at, digit in enumerate(digits[:12]))
    return "." in text or -total % 10 == digits[12]


def _is_iban(text: str) -> bool:
    """Modulo 97, the first four characters last, letters as numbers from 10 (ISO 13616)."""
    plain = re.sub(r"\s", "", text)
    return int("".join(str(int(character, 36)) for character in plain[4:] + plain[:4])) % 97 == 1


def _is_kvnr(text: str) -> bool:
    """The letter counts as its place in the alphabet; every second digit is doubled (modulo 10)."""
    digits = [*_digits(f"{ord(text[0]) - 64:02}"), *_digits(text[1:])]
    total = 0
    for at, digit in enumerate(digits[:10]):
        product = digit * (2 if at % 2 else 1)
        total += product // 10 + product % 10
    return total % 10 == digits[10]


def _is_svnr(text: str) -> bool:
    """Modulo 11; the fourth digit is the check digit."""
    digits = _digits(text)
    return sum(digit * weight for digit, weight in zip(digits, SVNR_WEIGHTS, strict=True)) % 11 == digits[3]


def _is_nhs(text: str) -> bool:
    """Modulo 11; three groups, or ten digits in one."""
    digits = _digits(text)
    rest = 11 - sum(digit * (10 - at) for at, digit in enumerate(digits[:9])) % 11
    return rest != 10 and (0 if rest == 11 else rest) == digits[9]
