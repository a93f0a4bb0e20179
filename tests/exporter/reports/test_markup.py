"""A name of the record goes however entities, escapes and tags write it, and what is no markup stays."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radquarry.exporter.cleaning.own_values import Identity
from radquarry.exporter.release.report_text import Record, report_faults
from radquarry.exporter.reports.deidentifying import Subject, deidentify_report
from radquarry.exporter.reports.markup import readings_of
from tests.exporter.reports.test_report_texts import PSEUDONYMS, cleaned

LETTER = st.sampled_from(
    (
        "{0}", "{0}", "&#{1};", "&#x{1:x};", "&#{1:04}", "&amp;#{1};", "\\'{1:02x}", "\\u{1}?", "\\u{1} ?",
        "\\u{1}\\'{1:02x}", "\\u{1:04x}", "\\X{1:02X}\\",
    )
)  # fmt: skip
NAMED = {"ü": "&uuml;", "Ü": "&Uuml;", "ö": "&ouml;", "é": "&eacute;", "ß": "&szlig;"}
BETWEEN = st.sampled_from(
    ("", "", "", "<b>", "</b>", "<br>", "<br/>", '<span class="x">', "<!-- a -->", "{\\b ", "\\b0 ", "}", "\\-",
     "&shy;", "&#8203;", "\u00ad", "\\H\\", "\\N\\")
)  # fmt: skip


@st.composite
def written(draw: st.DrawFn, name: str) -> str:
    """The name with each of its letters in some encoding, and markup between them."""
    pieces = []
    for letter in name:
        how = draw(LETTER)
        if letter in NAMED and draw(st.booleans()):
            pieces.append(NAMED[letter])
        else:
            pieces.append(how.format(letter, ord(letter)))
        pieces.append(draw(BETWEEN))
    return "".join(pieces)


@given(
    st.sampled_from(["Kölßner", "KÖLSSNER", "Renéaud", "Zürchéry", "Quarrymann"]).flatmap(
        lambda name: st.tuples(st.just(name), written(name))
    ),
    st.sampled_from(["{0}", "<p>Befund {0}: unauffällig</p>", "{{\\rtf1\\ansi Befund {0}\\par x}}", "Patientin {0}."]),
)
def test_no_name_of_the_record_stays_in_any_encoding(name: tuple[str, str], form: str) -> None:
    plain, encoded = name
    names = {f"{plain}^Xaverine"}
    text = form.format(encoded)

    done = deidentify_report(text, Subject(Identity("PID4711234", names, {"PID4711234"})), PSEUDONYMS).text

    assert "[NAME]" in done
    assert all(plain.casefold() not in reading.text.casefold() for reading in readings_of(done))
    assert report_faults(done, Record(names, {"PID4711234"})) == []


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("M&uuml;ller, M\\'fcller, M\\u252?ller, M\\u252ller, M\\u252uller", ", ".join(["[NAME]"] * 5)),
        ("M\\u00fcller, M\\XFC\\ller, MÃ¼ller, mu&#776;ller", ", ".join(["[NAME]"] * 4)),
        ("<b>Müller</b>, <b>M</b>üller", "<b>[NAME]</b>, <b>[NAME]</b>"),
        ("<td>Müller</td><td>Hans-Peter</td><td>CT</td>", "<td>[NAME]</td><td></td><td>CT</td>"),
        ('<span title="M&uuml;ller">CT</span>', '<span title="[NAME]">CT</span>'),
        ("{\\rtf1\\ansi {\\b M}\\'fcller\\par CT}", "{\\rtf1\\ansi {\\b [NAME]}\\par CT}"),
        ("{\\rtf1\\ansi M\\'fcl\nler CT}", "{\\rtf1\\ansi [NAME]\n CT}"),
        ("Frau K&ouml;nig, Dr. <b>Huber</b><br>Z", "Frau [NAME], Dr. <b>[NAME]</b><br>Z"),
        (
            '<a href="mailto:a.b@ksb.example">CT</a><!-- Dr. Huber -->',
            '<a href="mailto:[E-MAIL]">CT</a><!-- Dr. [NAME] -->',
        ),
        ("vom 12.<b>03</b>.2023", "vom 02.12.2022<b></b>"),
        ("ACC&#57;98877", PSEUDONYMS.accession_number("ACC998877")),
    ],
)
def test_what_markup_says_is_found_and_the_markup_stays(text: str, left: str) -> None:
    assert cleaned(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "Herd <5 mm und >3 mm, R&D, A<B, p<0.05 & n>30",
        "{\\rtf1\\ansi\\fs24 Gr\\'f6\\'dfe 2019 mm \\'84gut\\'93 5\\'b0\\par}",
        '<table width="100%"><tr><td>2019</td><td>mm</td></tr></table>Leber&nbsp;o.&nbsp;B.',
        "C:\\temp\\bilder, rechts\\links",
    ],
)
def test_markup_without_a_person_stays(text: str) -> None:
    assert cleaned(text) == text


@pytest.mark.parametrize(
    "encoded", ["M\\'fcller", "M\\u252?ller", "M&uuml;l<b>ler</b>", "M\\XFC\\ller", "M\\u00fcller"]
)
def test_the_release_check_reads_markup(encoded: str) -> None:
    assert report_faults(f"Herr {encoded} kam", Record({"Müller^Hans"}, set()))


@pytest.mark.parametrize(
    "part", ["<", "<a ", "<a b=", "&amp;", "&", "\\", "\\u", "{", "<!--", "<!-", "<a b='", "\\b", "Ã"]
)
def test_no_markup_takes_for_ever(part: str) -> None:
    begin = time.process_time()

    cleaned(part * (20_000 // len(part)))

    assert time.process_time() - begin < 10
