"""Who may know whom."""

import pytest

from tests.architecture.sources import ROOT, package, parts, sources

SHARED = {
    "batching", "bus", "configuration", "dicom", "errors", "heartbeat", "index", "messages", "process", "service",
    "state",
}  # fmt: skip

ONLY_IN = {
    "aio_pika": ("shared/src/radquarry/bus/rabbit",),
    "aiormq": ("shared/src/radquarry/bus/rabbit",),
    "opensearchpy": ("shared/src/radquarry/index/opensearch.py",),
    "tantivy": ("shared/src/radquarry/index/embedded.py",),
    "luqum": ("shared/src/radquarry/index/language.py",),
    "httpx": (
        "services/ris-fetcher/src/radquarry/ris_fetcher/fhir.py",
        "services/mover/src/radquarry/mover/wado.py",
        "services/exporter/src/radquarry/exporter/ways/dicomweb.py",
    ),
    "pynetdicom": (
        "shared/src/radquarry/dicom/",
        "services/storescp/src/radquarry/storescp/storage_classes.py",
        "deploy/hospital/",
    ),
    "pyzipper": ("services/exporter/src/radquarry/exporter/ways/zip_archive.py",),
    "fastapi": ("services/api/", "deploy/hospital/"),
    "starlette": ("services/api/", "deploy/hospital/"),
    "uvicorn": ("services/api/", "deploy/hospital/"),
    "jinja2": ("services/api/src/radquarry/api/pages/",),
    "PIL": ("services/exporter/src/radquarry/exporter/conversion/raster.py",
            "services/exporter/src/radquarry/exporter/conversion/png.py",
            "services/exporter/src/radquarry/exporter/pixels/",
            "services/exporter/src/radquarry/exporter/release/pixel_text.py",
            "services/api/src/radquarry/api/dicomweb/decoder_process.py"),
    "nibabel": ("services/exporter/src/radquarry/exporter/conversion/nifti_file.py",),
    "wsidicomizer": ("services/exporter/src/radquarry/exporter/conversion/slides.py",),
    "typer": ("deploy/standalone/",),
    "rich": ("deploy/standalone/",),
    "alembic": ("shared/src/radquarry/state/", "/migrations/", "_migrations/"),
    "yaml": ("shared/src/radquarry/configuration/file.py", "deploy/hospital/src/radquarry/hospital/settings.py",
             "deploy/standalone/src/radquarry/standalone/demo.py", "shared/src/radquarry/messages/asyncapi.py",
             "deploy/standalone/src/radquarry/standalone/foreign/written.py"),
}  # fmt: skip
"""Wire and form libraries, and the only places that import them."""


def test_a_service_imports_no_other_service() -> None:
    crossing = {
        (source.name, name)
        for source in sources()
        for name in source.imports()
        if source.kind == "services"
        and ".".join(name.split(".")[:2]) in {package(part) for part in parts() if part != source.part}
    }

    assert crossing == set()


def test_what_services_share_knows_no_service() -> None:
    crossing = {
        (source.name, name)
        for source in sources()
        for name in source.imports()
        if source.part == "shared" and name.startswith("radquarry.") and name.split(".")[1] not in SHARED
    }

    assert crossing == set()


def test_the_hospital_knows_nothing_of_radquarry() -> None:
    crossing = {
        (source.name, name)
        for source in sources()
        for name in source.imports()
        if source.part == "hospital" and name.startswith("radquarry.") and not name.startswith("radquarry.hospital")
    }

    assert crossing == set()


@pytest.mark.parametrize(("library", "homes"), ONLY_IN.items())
def test_a_wire_library_has_one_home(library: str, homes: tuple[str, ...]) -> None:
    users = [source.name for source in sources() if library in {name.split(".")[0] for name in source.imports()}]

    assert [name for name in users if not any(home in name for home in homes)] == []


def test_every_home_of_a_library_is_there() -> None:
    names = [source.name for source in sources()]
    missing = [home for homes in ONLY_IN.values() for home in homes if not any(home in name for name in names)]

    assert missing == []


def test_radquarry_is_an_implicit_namespace() -> None:
    assert [path for path in ROOT.glob("*/**/src/radquarry/__init__.py") if ".venv" not in path.parts] == []


def test_only_settings_read_the_environment() -> None:
    readers = {source.name for source in sources() if "os.environ" in source.text or "getenv" in source.text}

    assert readers
    assert {name for name in readers if not name.endswith("/settings.py")} == set()


def test_only_main_modules_open_bus_state_and_index() -> None:
    openers = {"radquarry.bus.opening", "radquarry.index.opening", "radquarry.state.store.open_state"}
    users = {source.name for source in sources() if openers & set(source.imports()) and source.part != "standalone"}

    assert users
    assert {name for name in users if not name.endswith("/__main__.py")} == set()
