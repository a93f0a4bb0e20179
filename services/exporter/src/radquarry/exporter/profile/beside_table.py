"""Actions for attributes that PS3.15's table does not name, although they may say who somebody is.

The table leaves out attributes that are retired, younger than it, or not of images. What may hold a sentence is treated
as the table treats its descriptors; of short texts those that name people, orders and places, or are remarks.
"""

from collections.abc import Mapping

from pydicom.datadict import tag_for_keyword

from radquarry.exporter.standard.confidentiality import Row

FREE_TEXTS = frozenset((b"LT", b"ST", b"UT", b"UC"))
DESCRIPTOR, IDENTIFIER = Row("X/Z/D", {"clean_descriptors": "C"}), Row("X/Z/D")
PARTS_OF_CODES = frozenset((0x00080108, 0x00080119, 0x00080120))
"""ExtendedCodeMeaning, LongCodeValue, URNCodeValue stay as CodeMeaning and CodeValue do; they are searched."""
VERSIONS = frozenset((0x00080106, 0x00080107, 0x0040DB06, 0x0040DB07))
"""Dates of code tables' and templates' versions: everybody knows them, so moved they would say by how much."""
PUBLISHED = frozenset((0x0072000A, 0x00686226))
"""HangingProtocolCreationDateTime, EffectiveDateTime of an implant's template: to be looked up, too; never moved."""
REMARKS = (
    "DoseComment", "FrameOfReferenceTransformationComment", "SystemStatusComment", "TestResultComment",
    "SubstanceAdministrationNotes", "ResourceDescription", "RequestedProcedureDescriptionTrial",
    "PatientReliabilityIndicator", "CompletionFlagDescription", "ReferenceToRecordedSound", "FilmSessionLabel",
    "RTImageLabel", "RTImageName", "WorklistLabel", "ProcedureStepLabel", "PatientSetupLabel", "DataSetName",
    "DataSetDescription", "DataSetSource", "ContentDescription", "InstructionText", "PerformedProcedureTypeDescription",
    "PatientAdditionalPosition", "ReconstructionDescription", "AcquisitionProtocolName",
)  # fmt: skip
NAMES_AND_NUMBERS = (
    "ContactDisplayName", "OwnerID", "HangingProtocolCreator", "HangingProtocolUserGroupName", "ComponentWelderIDs",
    "PrintJobID", "PrinterName", "PrintQueueID", "NTPSourceAddress", "StorageMediaFileSetID", "ImageID",
    "ConfidentialityCode", "StrainSource", "StrainStockNumber", "BreedRegistrationNumber", "BoardingPassID",
    "ItineraryID", "ItineraryIDAssigningAuthority", "RouteID", "RouteIDAssigningAuthority", "RouteSegmentID",
    "RouteSegmentStartLocationID", "RouteSegmentEndLocationID", "CarrierID", "AssignedLocation",
    "SubstanceAdministrationDeviceID", "AuthorizationEquipmentCertificationNumber", "AssessmentSetID",
    "RespiratorySignalSourceID", "ProductLotIdentifier", "ImplantTemplateGroupIssuer",
    "ImplantAssemblyTemplateIssuer", "OriginalImageIdentificationNomenclature", "DataSetSubtype", "RecognitionCode",
)  # fmt: skip
ORDER_NUMBERS = (0x00401006, 0x00401007, 0x00402006, 0x00402007)
"""Placer's and filler's, retired; the table has those that took their place."""
BIRTH_AND_DEATH = (0x00100033, 0x00100034, 0x00100035)
"""Birth and death in another calendar, and which it is."""


def _of(keywords: tuple[str, ...], row: Row) -> dict[int, Row]:
    return {tag: row for keyword in keywords if (tag := tag_for_keyword(keyword)) is not None}


OWN_ROWS: Mapping[int, Row] = (
    _of(REMARKS, DESCRIPTOR)
    | _of(NAMES_AND_NUMBERS, IDENTIFIER)
    | dict.fromkeys(ORDER_NUMBERS, Row("Z"))
    | dict.fromkeys(BIRTH_AND_DEATH, Row("X"))
)


def own_row(tag: int, vr: bytes) -> Row | None:
    """None where the attribute is nothing that people write; what is published is told otherwise than by the table."""
    if tag in PUBLISHED:
        return Row("X/Z/D", {"retain_full_dates": "K"})
    if tag in PARTS_OF_CODES:
        return None
    if vr == b"UR":
        return Row("X")
    return OWN_ROWS.get(tag) or (DESCRIPTOR if vr in FREE_TEXTS else None)
