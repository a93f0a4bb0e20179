"""Which SOP classes are taken: every storage class, also those that no dictionary knows yet."""

from pynetdicom.service_class import ServiceClass, StorageServiceClass
from pynetdicom.sop_class import uid_to_service_class

from radquarry.dicom.uids import is_uid

VERIFICATION = "1.2.840.10008.1.1"
STORAGE_SERVICE_CLASS = "1.2.840.10008.4.2"


def is_served(sop_class_uid: str, service_class_uid: str) -> bool:
    """Verification and storage. A class that is known to be something else is not storage, whatever its caller says."""
    if sop_class_uid == VERIFICATION:
        return True
    if not is_uid(sop_class_uid) or service_class_uid not in ("", STORAGE_SERVICE_CLASS):
        return False
    return uid_to_service_class(sop_class_uid) in (StorageServiceClass, ServiceClass)
