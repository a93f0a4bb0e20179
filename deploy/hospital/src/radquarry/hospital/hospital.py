"""A whole simulated hospital: PACS and RIS over one population, with its truth, faults and traffic."""

import asyncio
from types import TracebackType
from typing import Self

from pydicom.uid import ExplicitVRLittleEndian

from radquarry.hospital.control import control_router
from radquarry.hospital.faults import Faults
from radquarry.hospital.generated import GeneratedStudies
from radquarry.hospital.holdings import Holdings
from radquarry.hospital.objects import SOP_CLASSES
from radquarry.hospital.pacs import Pacs
from radquarry.hospital.report_desk import ReportDesk
from radquarry.hospital.reports import Reports
from radquarry.hospital.ris import FhirServer
from radquarry.hospital.samples import SampleStudies
from radquarry.hospital.settings import HospitalSettings
from radquarry.hospital.traffic import Traffic
from radquarry.hospital.truth import Truth
from radquarry.hospital.visits import Visits
from radquarry.hospital.web import Web


class Hospital:
    """Open for the time of a `with` or `async with` block, in threads of this process.

    `pacs.port` and `ris.url` say where; `truth`, `holdings`, `faults` and `traffic` are for tests.
    Raises OSError when a port is taken.
    """

    def __init__(self, settings: HospitalSettings | None = None) -> None:
        self.settings = settings or HospitalSettings()
        self.faults = Faults(self.settings.faults)
        self.traffic = Traffic()
        visits = Visits(self.settings)
        reports = Reports(visits, self.settings.ris.german_share)
        generated = GeneratedStudies(visits, self.settings)
        samples = [SampleStudies()] if self.settings.samples else []
        self.holdings = holdings = Holdings(generated, *samples)
        self.truth = Truth(visits, generated, holdings, reports)
        self.pacs = Pacs(self.settings.pacs, holdings, self.faults, self.traffic)
        self.pacs.offer((sop_class, ExplicitVRLittleEndian) for sop_class in SOP_CLASSES.values())
        self.pacs.offer(kind for source in samples for kind in source.kinds())
        self.ris = Web(self.settings.ris.host, self.settings.ris.port, self.faults, self.traffic)
        desk = ReportDesk(visits, reports, self.settings, self.faults)

        def uid_of(visit: int) -> str:
            return generated.study_instance_uid(visits.studies_of_visit(visit)[0])

        self.ris.serve(FhirServer(desk, visits, uid_of, self.settings.ris.page_size).router())
        self.ris.serve(control_router(self.faults, self.traffic, self.truth, self.pacs))

    def __enter__(self) -> Self:
        self.pacs.start()
        try:
            self.ris.start()
        except OSError:
            self.pacs.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ris.stop()
        self.pacs.stop()

    async def __aenter__(self) -> Self:
        return await asyncio.to_thread(self.__enter__)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.__exit__, kind, error, trace)
