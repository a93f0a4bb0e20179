"""Dates with a part missing: a year, a month, a month and its year, a day of a month.

They are removed. Moved by days they would be rounded, and one of a thing that everybody dates would say by how much.
"""

import re
from collections.abc import Iterator

from radquarry.exporter.reports.month_names import NAMES, PATTERN, SHORT
from radquarry.exporter.reports.spans import Span, marked
from radquarry.exporter.reports.word_lists import listed

MONTH = rf"(?P<name>{PATTERN})(?![^\W\d_])"
CAPITAL_MONTH = (
    "(?:"
    + "|".join(
        sorted({*NAMES["de"], *NAMES["en"], *SHORT["de"], *SHORT["en"], "Jänner", "Maerz", "Mrz", "Sept"},
               key=len, reverse=True)
    )
    + r")(?![^\W\d_])"
)  # fmt: skip
"""As German and English write them."""
CALENDAR_YEAR = r"(?:19\d\d|20[0-4]\d)"
UNITS = sorted(listed("units_of_numbers.txt"), key=len, reverse=True)
MAY_BE_A_WORD = frozenset(("min", "m", "s", "l", "g", "h", "u"))
"""With a point behind: mit, siehe, links."""
A_UNIT = "|".join(re.escape(unit) + (r"(?![.\w/])" if unit in MAY_BE_A_WORD else r"(?!\w)") for unit in UNITS)
COUNTED = rf"(?i:[^\S\n]{{0,3}}(?:{A_UNIT})|-?[^\S\n]?(?:fach|mal|tesla)\b)"
MEASURED = re.compile(
    rf"(?:\s?(?:[-–/x×,]|bis|und|to|and|±)\s?\d{{1,5}}(?:[.,]\d+)?){{0,3}}{COUNTED}|\s?[x×]\s?\d", re.IGNORECASE
)
"""Behind a number that is a measure: also of several, 2000 bis 2010 mm."""
SCALED = re.compile(r"(?:\d\s?[x×*]\s?|[<>≤≥=±#]\s?|[Nn]r\.?\s?)$")
LABEL = re.compile(
    r"(?<!\w)(?P<label>[^\W\d_][\w.-]{0,30}?)(?:\s\([^()\n]{0,12}\)?)?\s?[:=]?\s?"
    r"(?:von |of |ca\. |bis |\d{1,4}\s?[/,-]\s?)?\(?$"
)
YEAR = re.compile(
    rf"(?:(?<![\d.,+/-])(?<!\d['’])(?<![^\W\d_])|(?<=[^\W\d_][-/])|(?<=\d/)|(?<=\d{{4}}[,+])|(?<=[(\s]-)"
    r"|(?<=\bOP)|(?<=TEP)|(?<=CT)|(?<=MRT)|(?<=\bseit))"
    rf"{CALENDAR_YEAR}(?:er|'?s)?(?![^\W_]|['’]\d|[.:]\d|,(?!{CALENDAR_YEAR})\d)"
)
"""Also in the number of a case: 123/2019."""
YEARS = re.compile(
    rf"(?<![\w.,/-]){CALENDAR_YEAR}\s?(?:[-–/]|bis|to|und|and|u\.)\s?(?:{CALENDAR_YEAR}|\d\d)(?![\w/-]|[.,]\d)"
)
YEAR_MONTH = re.compile(rf"(?<![\w.,/-]){CALENDAR_YEAR}[-/.](?:0[1-9]|1[0-2])(?![\w/-]|\.\d)")
SEASON = re.compile(
    r"(?<!\w)(?:(?:Frühjahr|Frühling|Sommer|Herbst|Winter|spring|summer|autumn|fall|winter|printemps|été|automne|hiver)"
    rf"\s(?:of\s|de\s)?|(?:[1-4]\.\s?Quartal|Q[1-4])\s?/?\s?){CALENDAR_YEAR}(?:/\d\d)?(?!\w)",
    re.IGNORECASE,
)
WEEK = re.compile(rf"(?<!\w)(?:KW\s?\d{{1,2}}|\d{{1,2}}\.\s?KW)(?:\s?/?\s?{CALENDAR_YEAR})?(?!\w)")
SHORT_YEAR = re.compile(r"(?<![\w'’‘`])['’‘`]\d\d(?:s|er)?(?![\w'’‘`\"]|[.,]\d)")
LAST_TWO = re.compile(
    r"(?:(?<=\bJg )|(?<=\bJg\. )|(?<=Jahrgang )|(?<=Jahr )|(?<=Weihnachten )|(?<=Ostern )|(?<=Pfingsten )"
    r"|(?<=\banno ))\d\d(?![\w%]|[.,]\d)"
)
DECADE = re.compile(r"(?<!\w)['’]?(?:[1-9]0er|(?:Fünfz|Sechz|Siebz|Achtz|Neunz)iger)(?=\sJahren?)")
MONTH_SHORT_YEAR = re.compile(rf"(?<![^\W\d_]){CAPITAL_MONTH}\.?(?:\s?['’]|[\s/-])\d\d(?![\w:/]|[.,]\d|{COUNTED})")
MONTH_ALONE = re.compile(
    r"(?:(?<=\b[Ii]m )|(?<=\b[Ss]eit )|(?<=\b[Bb]is )|(?<=\b[Aa]b )|(?<=\bEnde )|(?<=\bAnfang )|(?<=\bMitte )"
    r"|(?<=\b[Ii]n )|(?<=\b[Ss]ince )|(?<=\b[Uu]ntil )|(?<=\blast )|(?<=\b[Ee]arly )|(?<=\b[Ll]ate )|(?<=\b[Mm]id-)"
    rf"|(?<=\b[Vv]om )){CAPITAL_MONTH}(?![-\w]|\sof\s(?!\d))"
)
LATIN_MONTH = re.compile(
    r"(?:(?<=\ben )|(?<=\bdepuis )|(?<=\bdès )|(?<=\bin )|(?<=\bdal )|(?<=\bnel )|(?<=\ba ))"
    rf"(?:{'|'.join((*NAMES['fr'], *NAMES['it']))})(?:\s['’]?\d\d(?![\w:/]|[.,]\d|{COUNTED}))?(?![-\w])"
)


def _behind(words: str) -> str:
    """Stands behind one of the words."""
    return "(?:" + "|".join(rf"(?<=\b{word} )" for word in words.split()) + ")"


AFTER_CUE = re.compile(
    _behind("Seit seit In in vom Von von OP TEP CT MRT MRI PET ED EM Since since From from")
    + r"[1-9]/\d\d(?![\d/]|[.,]\d)"
)
IN_ENGLISH = (
    "January|February|March|April|June|July|August|September|October|November|December"
    "|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec"
)
DAYS_AND_MONTHS = (
    WEEK,
    re.compile(
        r"(?<![\d.,])\d{1,2}\.?(?=(?:(?<=\.),\s?\d{1,2}\.){0,8}\s?(?:[-–/]|bis|und|u\.|and|to|au|et|al|e)\s?\d{1,2}"
        rf"(?:\.|st|nd|rd|th|er)?[^\S\n]?(?:of\s|de\s)?{MONTH})",
        re.IGNORECASE,
    ),
    re.compile(
        rf"(?:(?<![\w/.,-])|(?<=\d\d/\d\d-))(?P<month>0[1-9]|1[0-2])\s?/\s?(?P<year>\d\d)(?![\w/]|-\d\d-|[.,]\d|{COUNTED})"
    ),
    re.compile(rf"(?<![\d/.,])(?<!\d{{4}}-\d\d-)(?:0?[1-9]|1[0-2])\s?[/.\-]\s?{CALENDAR_YEAR}(?!\w|[.,]\d|{COUNTED})"),
    re.compile(rf"(?<![^\W\d_]){CAPITAL_MONTH}(?=\s?(?:[-–/,]|bis|und|and|to)\s?{CAPITAL_MONTH})"),
    re.compile(rf"(?<![^\W\d_]){MONTH}\.?,?(?:\s|\s?[-/])(?:of\s|de\s)?(?:19|20)\d\d(?!\d)", re.IGNORECASE),
    re.compile(
        rf"(?<![\d.,])(?!\d{{1,2}}\.\s(?-i:May\s[a-z]))\d{{1,2}}(?:\.|st|nd|rd|th|er)?[^\S\n]?(?:of\s|de\s)?{MONTH}(?!\s?\d{{4}})",
        re.IGNORECASE,
    ),
    re.compile(rf"(?<![^\W\d_])(?:{IN_ENGLISH})\.?\s\d{{1,2}}(?:st|nd|rd|th)?(?![\d:/]|\.\d|{COUNTED})"),
    re.compile(_behind("am Am vom Vom bis seit dem den zum") + rf"\d{{1,2}}\.\n{MONTH}"),
    re.compile(_behind("am Am vom Vom v\\. bis seit dem den zum") + r"\d{1,2}\.\s?(?:0?[1-9]|1[0-2])\.(?!\d)"),
    re.compile(_behind("on On of from since dated") + r"\d{1,2}/\d{1,2}(?![\d/])"),
    MONTH_SHORT_YEAR,
    MONTH_ALONE,
    LATIN_MONTH,
    SEASON,
    SHORT_YEAR,
    LAST_TWO,
    DECADE,
    AFTER_CUE,
)
SPINE = re.compile(
    r"(?<![^\W\d_])(?:BWK|LWK|HWK|BWS|LWS|HWS|SWK|Th|T|L|C|S|Rippen?|ribs?|discs?|Höhe|level|Score|TNM|Stadium|stage|Grad"
    r"|grade|LK|Lymphknoten|nodes"
    r"|Bild(?:er)?|images?|Serien?|series|Typ|type)\.?\s?-?$"
)


def incomplete_dates_in(text: str) -> Iterator[Span]:
    """Each becomes a mark; whole dates are the caller's, and come first."""
    for pattern in DAYS_AND_MONTHS:
        for found in pattern.finditer(text):
            if not SPINE.search(text, max(0, found.start() - 12), found.start()):
                yield marked(*found.span(), "date")
    for pattern in (YEARS, YEAR_MONTH, YEAR):
        for found in pattern.finditer(text):
            if not _is_measure(text, found.start(), found.end()):
                yield marked(*found.span(), "date")


def is_counted(text: str, begin: int, end: int) -> bool:
    """Whether numbers side by side are levels, images or measures, and no date."""
    return SPINE.search(text, max(0, begin - 12), begin) is not None or _is_measure(text, begin, end)


def _is_measure(text: str, begin: int, end: int) -> bool:
    """Or a setting, a count, an edition: what stands beside the number says so."""
    if MEASURED.match(text, end) or SCALED.search(text, max(0, begin - 6), begin):
        return True
    label = LABEL.search(text, max(0, begin - 60), begin)
    return label is not None and label["label"].casefold() in listed("measures_before_numbers.txt")
