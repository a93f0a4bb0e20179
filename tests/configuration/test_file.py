"""A configuration is right, or says which line to mend."""

from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from radquarry.configuration.file import ConfigurationError, load
from radquarry.configuration.ris import FhirRis, SqlRis
from radquarry.configuration.sections import Whole

DESIGNED = """\
data_dir: ./radquarry-data
timezone: Europe/Zurich                          # of the windows and of the hospital's dates
api: {host: 127.0.0.1, port: 8000}              # a host that is not loopback needs authentication
bus_url: sqlite                                  # or amqp://…; index_url: tantivy | http://…
node: {ae_title: RADQUARRY, host: 0.0.0.0, port: 11112}   # our STORE-SCP, and our calling AE title
pacs:
  main:
    ae_title: ORTHANC
    host: 127.0.0.1
    port: 4242
    find_limit: auto                             # or a number: a full page is never taken as complete
    charset: ISO_IR 100                          # fallback when an answer names none
    load: {associations: 2, studies_per_hour: 600, windows: ["mon-fri 20:00-08:00", "sat-sun 00:00-24:00"]}
ris:
  main: {kind: fhir, url: "http://127.0.0.1:8080/fhir"}   # kinds: fhir, rest, sql, hl7, dicom-sr
archive: {keep_days: 30, reserve_gb: 5}
destinations:
  research: {kind: directory, path: ./out}       # kinds: directory, dicom, dicomweb
"""


KIND = {"RADQUARRY_RIS__KIS__KIND": "fhir"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "radquarry.yaml"


def faults(file: Path, text: str, **environ: str) -> list[str]:
    file.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        load(Whole, file, environ)
    return [complaint.replace(str(file), "file") for complaint in caught.value.complaints]


def test_the_designed_configuration_is_right(file: Path) -> None:
    file.write_text(DESIGNED)

    whole = load(Whole, file, {})

    assert whole.pacs["main"].port == 4242
    assert whole.pacs["main"].load.windows.lines == ("mon-fri 20:00-08:00", "sat-sun 00:00-24:00")
    assert whole.data_dir == file.parent / "radquarry-data"


def test_every_relative_path_is_seen_from_the_files_folder(file: Path) -> None:
    file.write_text(DESIGNED.replace("port: 8000", "port: 8000, authentication: {users_file: users}"))

    whole = load(Whole, file, {"RADQUARRY_DATA_DIR": "/srv/data"})

    assert whole.data_dir == Path("/srv/data")
    assert whole.api.authentication is not None
    assert whole.api.authentication.users_file == file.parent / "users"
    assert whole.destinations["research"].path == file.parent / "out"


def test_nothing_configured_is_right_too(file: Path) -> None:
    file.write_text("# nothing yet\n")

    assert load(Whole, file, {}).pacs == {}
    assert load(Whole, None, {}).api.port == 8000


def test_every_key_is_an_environment_variable_that_wins(file: Path) -> None:
    file.write_text(DESIGNED)
    environ = {"RADQUARRY_API__PORT": "9000", "RADQUARRY_PACS__MAIN__LOAD__ASSOCIATIONS": "7", "PATH": "/bin"}

    whole = load(Whole, file, environ)

    assert whole.api.port == 9000
    assert whole.pacs["main"].load.associations == 7


def test_a_secret_may_stand_in_a_file(file: Path) -> None:
    secret = file.parent / "state_url"
    secret.write_text("postgresql://u:p@db/radquarry\n")

    whole = load(Whole, None, {"RADQUARRY_STATE_URL_FILE": str(secret)})

    assert whole.state_url.get_secret_value() == "postgresql://u:p@db/radquarry"
    assert "u:p" not in repr(whole)


def test_a_key_that_is_itself_called_file_is_that_key(tmp_path: Path) -> None:
    whole = load(Whole, None, {"RADQUARRY_DEIDENTIFICATION__KEY_FILE": str(tmp_path / "key")})

    assert whole.deidentification.key_file == tmp_path / "key"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("api: {prot: 3}\n", "file:1: unknown key 'api.prot'; did you mean 'port'?"),
        ("pacs:\n  main:\n    aetitle: A\n", "file:3: unknown key 'pacs.main.aetitle'; did you mean 'ae_title'?"),
        ("pasc: {}\n", "file:1: unknown key 'pasc'; did you mean 'pacs'?"),
        ("api: {port: 99999}\n", "file:1: api.port: Input should be less than or equal to 65535"),
        ("api:\n  port: 1\napi:\n  port: 2\n", "file:3: api stands twice"),
        ("a: [\n", "file:2: not YAML: expected the node content, but found '<stream end>'"),
        ("data_dir: 2024-13-45\n", "file:1: data_dir: this value cannot be read; quote it"),
        ("data_dir: !!python/name:os.system\n", "file:1: data_dir: this value cannot be read; quote it"),
        ("node: {allowed_callers: [{[a]: b}]}\n", "file:1: node.allowed_callers: this value cannot be read; quote it"),
        ("pacs: &a {b: *a}\n", "file: is nested too deeply, or holds itself"),
        ("api: " + "[" * 2000, "file: is nested too deeply"),
        ("? [a, b]\n: 1\n", "file:1: a key is a word"),
        ("data_dir: [a]\n", "file:1: data_dir: Input is not a valid path for <class 'pathlib.Path'>"),
        ("archive: {reserve_gb: .inf}\n", "file:1: archive.reserve_gb: Input should be a finite number"),
        ("bus_url: mysql://u:geheim@h/\n", "file:1: bus_url: begins with none of sqlite, amqp, amqps"),
        ("state_url: u:geheim@h/db\n", "file:1: state_url: begins with none of sqlite, postgresql, postgres"),
        ("- a\n", "file:1: a configuration is a list of `key: value` lines"),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_file_line_and_nearest_key(file: Path, text: str, complaint: str) -> None:
    assert faults(file, text) == [complaint]


SQL = "ris:\n  kis:\n    kind: sql\n    url: postgresql://reader@db/ris\n"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("ris: {kis: {url: x}}\n", "file:1: ris.kis.kind: Field required"),
        ("ris:\n  kis:\n    kind: sq\n", "file:3: ris.kis.kind: Input should be 'fhir' or 'sql'"),
        ("ris: {kis: {kind: sql}}\n", "file:1: ris.kis.url: Field required"),
        ("ris:\n  kis:\n    kind: fhir\n    accession_numbers: x\n",
         "file:4: unknown key 'ris.kis.accession_numbers'; known here: "
         "timeout_seconds, parallel, pacs, kind, url, token"),
        (SQL + "    token: x\n", "file:5: unknown key 'ris.kis.token'; known here: timeout_seconds, parallel, pacs, "
         "kind, url, password, accession_numbers, report"),
        (SQL + "    reports: x\n", "file:5: unknown key 'ris.kis.reports'; did you mean 'report'?"),
        (SQL + "    parallel: 0\n", "file:5: ris.kis.parallel: Input should be greater than or equal to 1"),
        (SQL, "file:2: ris.kis: Value error, has neither of accession_numbers and report"),
        (SQL.replace("postgresql://", ""), "file:4: ris.kis.url: Value error, begins with no scheme such as "
         "postgresql:// or sqlite:///"),
        (f"{SQL}    accession_numbers: DROP TABLE x\n", "file:5: ris.kis.accession_numbers: Value error, is no query: "
         "it begins with neither SELECT nor WITH"),
        (SQL + "    accession_numbers: SELECT :day::date\n", "file:5: ris.kis.accession_numbers: Value error, :day:: "
         "is read as no parameter; write CAST(:day AS …)"),
        (f"{SQL}    report: WITH r AS (x) SELECT text\n", "file:5: ris.kis.report: Value error, asks without "
         ":accession_number, that would be every report"),
        (SQL + "    report: SELECT :accession_number, :patient\n", "file:5: ris.kis.report: Value error, nobody gives "
         "it :patient; it is given :accession_number, :patient_id, :study_instance_uid, :study_date"),
    ],
)  # fmt: skip
def test_a_fault_of_a_ris_is_named_by_the_rules_of_its_kind(file: Path, text: str, complaint: str) -> None:
    assert faults(file, text) == [complaint]


def test_the_address_and_password_of_a_database_may_stand_in_files_and_are_not_shown(file: Path) -> None:
    file.write_text("ris: {KIS: {kind: sql, url: postgresql://reader@db/ris, report: 'SELECT :accession_number'}}\n")
    (file.parent / "password").write_text("ge:he@im\n")

    ris = load(Whole, file, {"RADQUARRY_RIS__KIS__PASSWORD_FILE": str(file.parent / "password")}).ris["KIS"]

    assert isinstance(ris, SqlRis)
    assert ris.password is not None
    assert ris.password.get_secret_value() == "ge:he@im"
    assert "ge:he@im" not in repr(ris)
    assert "reader" not in repr(ris)


def test_an_unknown_variable_is_named(file: Path) -> None:
    assert faults(file, "", RADQUARRY_API__PROT="1") == [
        "RADQUARRY_API__PROT: unknown key 'api.prot'; did you mean 'port'?"
    ]


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"absent.yaml: cannot be read: No such file"):
        load(Whole, tmp_path / "absent.yaml", {})


def test_a_secret_that_does_not_fit_is_not_repeated(file: Path) -> None:
    text = "ris:\n  main: {kind: fhir, url: 'http://h/fhir', token: [geheim]}\n"

    assert "geheim" not in "".join(faults(file, text))


def test_a_variable_means_the_name_as_the_file_spells_it(file: Path) -> None:
    file.write_text("pacs:\n  Main_1: {ae_title: A, host: h, port: 1}\n")

    whole = load(Whole, file, {"RADQUARRY_PACS__MAIN_1__PORT": "4242", "RADQUARRY_RIS__KIS__URL": "http://h/"} | KIND)

    assert {name: pacs.port for name, pacs in whole.pacs.items()} == {"Main_1": 4242}
    assert list(whole.ris) == ["kis"]


def test_a_list_may_stand_in_a_variable() -> None:
    whole = load(Whole, None, {"RADQUARRY_NODE__ALLOWED_CALLERS": '["A", "B"]'})

    assert whole.node.allowed_callers == ("A", "B")


def test_a_secret_in_a_file_is_text_whatever_it_begins_with(file: Path) -> None:
    secret = file.parent / "token"
    secret.write_text("{abc}\n")
    environ = {"RADQUARRY_RIS__KIS__URL": "http://h/", "RADQUARRY_RIS__KIS__TOKEN_FILE": str(secret)}

    ris = load(Whole, None, environ | KIND).ris["kis"]

    assert isinstance(ris, FhirRis)
    assert ris.token is not None
    assert ris.token.get_secret_value() == "{abc}"


@pytest.mark.parametrize("name", ["../evil", "a b", "", "x" * 65])
def test_a_peer_is_called_something_that_is_safe_in_a_path(file: Path, name: str) -> None:
    assert faults(file, yaml.safe_dump({"pacs": {name: {"ae_title": "A", "host": "h", "port": 1}}}))


@given(st.text(max_size=200))
def test_no_text_makes_it_fail_otherwise(text: str) -> None:
    with TemporaryDirectory() as folder, suppress(ConfigurationError):
        file = Path(folder) / "radquarry.yaml"
        file.write_text(text, "utf-8", "surrogatepass", newline="")

        assert isinstance(load(Whole, file, {}), Whole)
