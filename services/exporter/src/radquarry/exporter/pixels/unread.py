"""Why pixels could not be cleaned."""

from radquarry.exporter.dicom_bytes.elements import Unreadable


class PixelsUnread(Unreadable):
    """The file stays here; the text says why and names no value."""
