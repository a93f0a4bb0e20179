"""C-ECHO (PS3.4 annex A): does the peer answer us?"""

import time

from radquarry.dicom.association import in_thread, open_association
from radquarry.dicom.peer import PacsAway, PacsRefuses, Peer

VERIFICATION = "1.2.840.10008.1.1"


async def echo(peer: Peer) -> float:
    """Milliseconds from the request to the answer, association included; raises `PacsAway` or `PacsRefuses`."""
    begun = time.monotonic()
    async with open_association(peer, [VERIFICATION]) as association:
        answer = await in_thread(association, association.send_c_echo)
    if "Status" not in answer:
        raise PacsAway(f"{peer.name} took the association but did not answer the C-ECHO")
    if answer.Status != 0x0000:
        raise PacsRefuses(f"{peer.name} answers a C-ECHO with status 0x{answer.Status:04X}")
    return (time.monotonic() - begun) * 1000
