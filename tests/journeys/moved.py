"""What tests of `radquarry move` share: a hospital that knows us, configurations, and what must lie where."""

import csv
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from radquarry.hospital.hospital import Hospital
from radquarry.hospital.settings import HospitalSettings
from tests.journeys.running import free_port

DAY = date(2023, 3, 6)
US = "RADQUARRY"
SOON = "0.2"
"""Minutes, for a PACS of which is known that it never sends the rest."""
TAGS = [
    {"tag_name": "PatientName", "callback": "str"},
    {"tag_name": "StudyDate", "tag_alias": "study_date", "callback": "pacsanini.convert:str2datetime"},
    {"tag_name": "Laterality", "default_val": "U"},
    {"tag_name": "SOPInstanceUID"},
]


@dataclass(frozen=True)
class Ward:
    """A hospital, and the port at which it knows us."""

    hospital: Hospital
    port: int

    def studies(self, count: int) -> list[str]:
        """UIDs of the first studies of one day that have few images."""
        studies = [study.study_instance_uid for study in self.hospital.holdings.between(DAY, DAY)]
        return sorted(studies, key=lambda uid: (len(self.images(uid)), uid))[:count]

    def rich(self, count: int, least: int = 4) -> list[str]:
        """UIDs of studies that have some images, those with the fewest first."""
        return [uid for uid in self.studies(1000) if len(self.images(uid)) >= least][:count]

    def images(self, *studies: str) -> set[str]:
        """SOP Instance UIDs that the archive holds of these studies."""
        return {uid for study in studies for uid in self.hospital.truth.sop_instance_uids(study)}

    def patient_id(self, study: str) -> str:
        """Whose study it is."""
        return self.hospital.truth.study(study).patient_id

    def sent(self) -> list[str]:
        """SOP Instance UIDs in the order they were sent, repeats and all."""
        return [str(entry.detail["sop_instance_uid"]) for entry in self.hospital.traffic.entries("c-store")]

    def asked(self, kind: str) -> int:
        """How often the hospital was asked that, since its log was cleared."""
        return len(self.hospital.traffic.entries(kind))


@contextmanager
def ward_with(**settings: Any) -> Iterator[Ward]:
    """Some thirty studies with tiny images, all of one day."""
    usual: dict[str, Any] = {"studies": 30, "end_date": DAY, "days": 1, "samples": False, "seed": 5, "pixels": 16}
    with Hospital(HospitalSettings.model_validate({**usual, **settings})) as hospital:
        port = free_port()
        hospital.pacs.know(US, "127.0.0.1", port)
        yield Ward(hospital, port)


def pacsanini(folder: Path, ward: Ward, **changes: Any) -> Path:
    """pacsanini's configuration for this ward; `changes` are whole sections, laid over the usual ones."""
    pacs = {"aetitle": "HOSPITAL", "ip": "127.0.0.1", "port": ward.hospital.pacs.port}
    usual: dict[str, Any] = {
        "move": {"query_level": "STUDY"},
        "net": {"local_node": {"aetitle": US, "port": ward.port}, "called_node": pacs},
        "storage": {"resources": "resources.csv", "directory": "dicom", "sort_by": "PATIENT"},
    }
    keys = {name: {**usual.get(name, {}), **changes.get(name, {})} for name in {**usual, **changes} if name != "tags"}
    file = folder / "pacsanini.yaml"
    file.write_text(yaml.safe_dump({**keys, **({"tags": changes["tags"]} if "tags" in changes else {})}))
    return file


def listed(folder: Path, rows: list[dict[str, str]]) -> None:
    """The resources that pacsanini's find would have left."""
    with (folder / "resources.csv").open("w", encoding="utf-8", newline="") as output:
        writer = csv.DictWriter(output, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def files_in(folder: Path) -> list[Path]:
    """Every file, hidden ones, too."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def by_uid(folder: Path, studies: list[str]) -> None:
    """A list of these studies."""
    listed(folder, [{"StudyInstanceUID": study, "StudyDate": "20230306"} for study in studies])


def elsewhere(folder: Path, ward: Ward, **changes: object) -> Path:
    """A configuration that is used from another folder."""
    places = {"directory": str(folder / "dicom"), "resources": str(folder / "resources.csv")}
    return pacsanini(folder, ward, **{"storage": places, **changes})


def here(folder: Path) -> set[str]:
    """SOP Instance UIDs of what lies in the directory, nothing else being there."""
    return stems(folder / "dicom")


def pacsnpull(folder: Path, ward: Ward, queries: list[dict[str, Any]], **changes: Any) -> tuple[Path, Path]:
    """pacs n pull's configuration for this ward, with `changes`, and its queries."""
    config, asked = folder / "config.json", folder / "query.json"
    keys = {"host_ip": "127.0.0.1", "host_port": ward.hospital.pacs.port, "client_name": US, "client_port": ward.port}
    config.write_text(json.dumps({**keys, "query_model": "S", "query_break_count": 10, **changes}))
    asked.write_text(json.dumps(queries))
    return config, asked


def ours(folder: Path, ward: Ward, **load: Any) -> Path:
    """Our own configuration for this ward, with the load of its PACS."""
    file = folder / "radquarry.yaml"
    pacs = {"ae_title": "HOSPITAL", "host": "127.0.0.1", "port": ward.hospital.pacs.port, "load": load}
    keys = {"data_dir": str(folder / "data"), "node": {"ae_title": US, "host": "127.0.0.1", "port": ward.port}}
    file.write_text(yaml.safe_dump({**keys, "pacs": {"main": pacs}, "archive": {"reserve_gb": 0.1}}))
    return file


def stems(folder: Path) -> set[str]:
    """SOP Instance UIDs of what lies there, nothing else being there."""
    return {file.stem for file in files_in(folder)}
