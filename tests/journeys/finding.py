"""What tests of `radquarry find` share: a hospital, configurations, and what must be found."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from radquarry.hospital.hospital import Hospital
from radquarry.hospital.settings import HospitalSettings

FIRST, LAST = date(2023, 3, 6), date(2023, 3, 9)


@contextmanager
def hospital_with(**settings: Any) -> Iterator[Hospital]:
    """Four days with some thirty studies each, unless told otherwise; none without a time or an accession number."""
    usual = {"studies": 120, "end_date": LAST, "days": 4, "samples": False, "seed": 5}
    with Hospital(HospitalSettings.model_validate({**usual, **settings})) as hospital:
        yield hospital


def pacsanini(folder: Path, port: int, **find: Any) -> Path:
    """pacsanini's configuration for a PACS on this port."""
    keys = {
        "net": {
            "local_node": {"aetitle": "RADQUARRY"},
            "called_node": {"aetitle": "HOSPITAL", "ip": "127.0.0.1", "port": port},
        },
        "find": {
            "query_level": "STUDY",
            "search_fields": ["StudyInstanceUID", "PatientID", "PatientName", "StudyDate", "ModalitiesInStudy"],
            "start_date": "20230306",
            "end_date": "20230309",
            **find,
        },
        "storage": {"resources": "resources.csv", "directory": "dicom"},
    }
    file = folder / "pacsanini.yaml"
    file.write_text(yaml.safe_dump(keys, sort_keys=False))
    return file


def truth(hospital: Hospital, modality: str = "") -> dict[str, dict[str, Any]]:
    """StudyInstanceUID → what the archive has of it."""
    return {
        study.study_instance_uid: dict(study.record)
        for study in hospital.holdings.between(FIRST, LAST)
        if not modality or modality in study.record["ModalitiesInStudy"]
    }


def ours(folder: Path, port: int) -> Path:
    file = folder / "radquarry.yaml"
    pacs = {"main": {"ae_title": "HOSPITAL", "host": "127.0.0.1", "port": port}}
    file.write_text(yaml.safe_dump({"data_dir": "data", "node": {"ae_title": "RADQUARRY"}, "pacs": pacs}))
    return file
