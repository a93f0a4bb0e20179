"""A sender as a process: instance after instance, over as many associations as it takes, until it is told to stop.

Prints the SOP Instance UID of each instance that was answered with success.
"""

import sys

from pynetdicom.association import Association

from tests.storescp.receiving import sender
from tests.storescp.samples import instance
from tests.storescp.test_receiver import SECONDARY_CAPTURE, with_head

PIXELS = 50_000


def main(port: int) -> None:
    """Send until killed."""
    number = 0
    while True:
        with sender(port, SECONDARY_CAPTURE) as association:
            while association.is_established:
                number += 1
                send(association, number)


def send(association: Association, number: int) -> None:
    """One instance; says so when it was taken."""
    data_set = with_head(instance(number, PixelData=bytes(PIXELS)))
    data_set["PixelData"].VR = "OB"
    try:
        status = association.send_c_store(data_set)
    except RuntimeError:
        return
    if status.get("Status") == 0x0000:
        sys.stdout.write(f"{data_set.SOPInstanceUID}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]))
