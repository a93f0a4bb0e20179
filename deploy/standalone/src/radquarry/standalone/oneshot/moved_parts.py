"""Series and images that queries ask for, found level by level (PS3.4 C.4.1.3.1.1).

The keys of a study are asked at its level, then those of the series within each study, then those of the images within
each series: a PACS need not answer keys of a higher level than the one it is asked at.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping

from radquarry.dicom.uids import is_uid
from radquarry.errors import Permanent
from radquarry.standalone.oneshot.listing import patiently
from radquarry.standalone.oneshot.whole_answers import UNIQUE, WholeAnswers

OF_IMAGE = frozenset((
    "SOPInstanceUID", "SOPClassUID", "InstanceNumber", "ImageType", "AcquisitionNumber", "AcquisitionDate",
    "AcquisitionTime", "ContentDate", "ContentTime", "Rows", "Columns", "BitsAllocated", "NumberOfFrames",
    "SliceLocation", "ImageComments",
))  # fmt: skip
OF_SERIES = frozenset((
    "Modality", "SeriesInstanceUID", "SeriesNumber", "SeriesDescription", "SeriesDate", "SeriesTime",
    "BodyPartExamined", "Laterality", "ProtocolName", "PatientPosition", "Manufacturer", "ManufacturerModelName",
    "StationName", "InstitutionalDepartmentName", "PerformingPhysicianName", "OperatorsName",
    "PerformedProcedureStepStartDate", "PerformedProcedureStepStartTime", "PerformedProcedureStepDescription",
    "RequestAttributesSequence", "NumberOfSeriesRelatedInstances",
))  # fmt: skip
"""Keywords at series level; what is at neither of these levels is asked at study level."""

Parts = Mapping[str, Mapping[str, None]]
"""StudyInstanceUID → SOPInstanceUIDs, in their order."""
Tell = Callable[[str], None]


class PartsAsked:
    """By one query at SERIES or IMAGE level; `tell` hears why there may be more."""

    def __init__(self, whole: WholeAnswers, keys: Mapping[str, str], tell: Tell) -> None:
        level = keys["QueryRetrieveLevel"]
        self._whole = whole
        self._tell = tell
        rest = {name: value for name, value in keys.items() if name != "QueryRetrieveLevel"}
        of_image = OF_IMAGE if level == "IMAGE" else frozenset(["SOPInstanceUID"])
        self._of_image = {name: value for name, value in rest.items() if name in of_image}
        below = OF_SERIES if level == "IMAGE" else OF_SERIES | OF_IMAGE
        self._of_series = {name: value for name, value in rest.items() if name in below and name not in of_image}
        self._of_study = {name: value for name, value in rest.items() if name not in OF_IMAGE | OF_SERIES}

    async def parts(self) -> Parts:
        """Raises `PacsAway`, `PacsStopped`."""
        found: defaultdict[str, dict[str, None]] = defaultdict(dict)
        async for study in self._uids("STUDY", self._of_study):
            within = {"StudyInstanceUID": study}
            async for series in self._uids("SERIES", {**self._of_series, **within}):
                keys = {**self._of_image, **within, "SeriesInstanceUID": series}
                async for image in self._uids("IMAGE", keys):
                    found[study].setdefault(image)
        return found

    async def _uids(self, level: str, keys: Mapping[str, str]) -> AsyncIterator[str]:
        """What answers at this level; nothing of it is asked that the query names by its UID alone at study level."""
        unique = UNIQUE[level]
        if level == "STUDY" and set(keys) == {unique} and all(map(is_uid, named := keys[unique].split("\\"))):
            for uid in named:
                yield uid
            return
        try:
            answer = await patiently(self._whole, {unique: "", **keys, "QueryRetrieveLevel": level}, "study-root")
        except Permanent as refusal:
            self._tell(str(refusal))
            return
        for problem in dict.fromkeys(answer.problems):
            self._tell(problem)
        for uid in dict.fromkeys(str(row.get(unique, "")).strip() for row in answer.rows.values()):
            if is_uid(uid):
                yield uid
            else:
                self._tell(f"the PACS tells no {unique} of an answer")
