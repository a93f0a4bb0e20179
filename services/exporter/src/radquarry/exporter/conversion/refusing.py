"""Why an input is not converted."""

from radquarry.exporter.runs.guarding import HeldBack


class Refused(HeldBack):
    """The file is not converted; the text says why, and names no value of the patient's."""
