"""A crawl in one process against a bare C-FIND loop over the same windows plus a bare bulk load of the same documents.

The bare loop asks the same study-level and series-level queries over one association with TCP_NODELAY and keeps the
answers; it fetches no reports. The bulk load adds the documents that the crawl made to an empty tantivy index.
"""

import asyncio
import tempfile
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import tantivy
from pydicom.dataset import Dataset
from pynetdicom import AE
from pynetdicom.association import Association
from pynetdicom.sop_class import StudyRootQueryRetrieveInformationModelFind as StudyRoot

from bench.table import Figure
from radquarry.dicom.connection import tended
from radquarry.hospital.settings import HospitalSettings, PacsSettings
from radquarry.index.document import Document, Query
from radquarry.index.opening import open_index
from tests.journeys.running import Radquarry, configuration, free_port, running_hospital

STUDIES = 2000
DAYS = 40
STUDY_KEYS = (
    "StudyDate", "StudyTime", "AccessionNumber", "ModalitiesInStudy", "StudyDescription", "PatientName", "PatientID",
    "PatientBirthDate", "PatientSex", "InstitutionName", "ReferringPhysicianName", "NumberOfStudyRelatedSeries",
    "NumberOfStudyRelatedInstances",
)  # fmt: skip
SERIES_KEYS = (
    "SeriesInstanceUID", "Modality", "SeriesNumber", "SeriesDescription", "BodyPartExamined",
    "NumberOfSeriesRelatedInstances",
)  # fmt: skip


def measure() -> list[Figure]:
    """One run: ours, then the bare peers, over the same hospital."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        node_port = free_port()
        destinations = {"RADQUARRY": f"127.0.0.1:{node_port}"}
        settings = HospitalSettings(
            studies=STUDIES, days=DAYS, samples=False, pacs=PacsSettings(destinations=destinations)
        )
        with running_hospital(settings, folder) as hospital:
            keys = configuration(folder, hospital)
            keys["pacs"]["main"]["load"] = {"associations": 1}
            keys["node"]["port"] = node_port
            ours, studies = crawled(folder, keys, hospital)
            bare, found = bare_find_loop(hospital)
        assert studies == STUDIES, f"the crawl found {studies} of {STUDIES} studies"
        load = bare_bulk_load(folder, keys)
    rate = studies / ours
    made_of = f"{studies} studies (bare loop: {found}): crawl {ours:.1f} s ({rate:.0f}/s), C-FIND {bare:.1f} s"
    name = "crawl: bare C-FIND loop + bulk load / crawl"
    return [Figure(name, (bare + load) / ours, 0.5, f"{made_of}, load {load:.1f} s")]


def crawled(folder: Path, keys: dict[str, Any], hospital: dict[str, Any]) -> tuple[float, int]:
    """Seconds from the order to `complete`, and how many studies there are."""
    with Radquarry(folder, keys) as radquarry:
        begun = time.monotonic()
        order = {"pacs": "main", "start_date": hospital["start_date"], "end_date": hospital["end_date"]}
        crawl = radquarry.rest.post("/crawls", order)
        view = radquarry.rest.settled(f"/crawls/{crawl['id']}", 900)
        seconds = time.monotonic() - begun
        assert view["state"] == "complete", view
        assert radquarry.process is not None
        radquarry.process.stop()
    return seconds, int(view["documents_indexed"])


def bare_find_loop(hospital: dict[str, Any]) -> tuple[float, int]:
    """Seconds for all queries, and how many studies answered."""
    bare, begun, found = Bare(hospital["pacs"]), time.monotonic(), 0
    for day in days(hospital):
        for study in bare.ask("STUDY", STUDY_KEYS, StudyDate=day, StudyInstanceUID=""):
            found += 1
            bare.ask("SERIES", SERIES_KEYS, StudyInstanceUID=study.StudyInstanceUID)
    bare.association.release()
    return time.monotonic() - begun, found


class Bare:
    """One association, opened anew when it is lost: pynetdicom drops one now and then on a busy machine."""

    def __init__(self, pacs: dict[str, Any]) -> None:
        self._pacs = pacs
        self.association = self._open()

    def _open(self) -> Association:
        entity = AE(ae_title="BARE")
        entity.add_requested_context(StudyRoot)
        return entity.associate(
            self._pacs["host"],
            self._pacs["port"],
            ae_title=self._pacs["ae_title"],
            evt_handlers=tended(),
        )

    def ask(self, level: str, keys: tuple[str, ...], **matching: str) -> list[Dataset]:
        """All answers of one C-FIND, asked again until its final status says success."""
        query = Dataset()
        query.QueryRetrieveLevel = level
        for keyword in keys:
            setattr(query, keyword, None)
        for keyword, value in matching.items():
            setattr(query, keyword, value)
        while True:
            if not self.association.is_established:
                self.association = self._open()
            answers = list(self.association.send_c_find(query, StudyRoot))
            if answers and answers[-1][0].get("Status") == 0:
                return [row for _, row in answers if row is not None]


def days(hospital: dict[str, Any]) -> Iterator[str]:
    """The days of the crawl as DICOM dates."""
    day, last = date.fromisoformat(hospital["start_date"]), date.fromisoformat(hospital["end_date"])
    while day <= last:
        yield day.strftime("%Y%m%d")
        day += timedelta(days=1)


def bare_bulk_load(folder: Path, keys: dict[str, Any]) -> float:
    """Seconds to add the same documents, as they are stored, to an empty index and commit once."""
    documents = asyncio.run(stored(Path(keys["data_dir"]) / "index"))
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("study_instance_uid", stored=True, tokenizer_name="raw")
    builder.add_text_field("text", stored=False)
    builder.add_text_field("document", stored=True, tokenizer_name="raw")
    target = folder / "bare"
    target.mkdir()
    begun = time.monotonic()
    writer = tantivy.Index(builder.build(), path=str(target)).writer(64_000_000, 1)
    for document in documents:
        text = document.report.text if document.report else ""
        writer.add_document(
            tantivy.Document(
                study_instance_uid=document.study_instance_uid, text=text, document=document.model_dump_json()
            )
        )
    writer.commit()
    writer.wait_merging_threads()
    return time.monotonic() - begun


async def stored(folder: Path) -> list[Document]:
    """Every document of the crawl's index."""
    async with open_index(f"tantivy:///{folder}", read_only=True) as index:
        return [document async for document in index.scan(Query(sort="newest"))]
