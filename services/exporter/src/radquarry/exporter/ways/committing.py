"""Storage commitment of what a node took: it counts as delivered when the node answers for it (PS3.4 annex J).

The answer may come over the association that asked, which stays open for it, or, with a port, over one that the node
opens to us. What is not answered for in time is asked for again in the next attempt, and is not sent again.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from functools import partial

from pydicom.uid import generate_uid

from radquarry.dicom.association import Association, in_thread, open_association
from radquarry.dicom.commitment import MODEL, MOST_AT_ONCE, SUCCESS, Answers, Commitment, hear, request
from radquarry.dicom.peer import Peer
from radquarry.dicom.storing import Parcel
from radquarry.exporter.ways.port import Answer, Staged
from radquarry.exporter.ways.statuses import verdict

LOOK_SECONDS = 0.5


class Committing:
    """`answers` hears of those that come by other associations, too; `seconds` is how long one may take."""

    def __init__(self, answers: Answers, seconds: float, *, is_listening: bool) -> None:
        self._answers = answers
        self._seconds = seconds
        self._is_listening = is_listening

    async def asked(self, peer: Peer, taken: Sequence[tuple[Staged, Parcel]]) -> AsyncGenerator[Answer, None]:
        """What the node says of each. Raises `PacsAway`, `PacsRefuses`."""
        for start in range(0, len(taken), MOST_AT_ONCE):
            some = taken[start : start + MOST_AT_ONCE]
            said = await self._commitment(peer, [(one.sop_class_uid, one.sop_instance_uid) for _, one in some])
            for file, parcel in some:
                yield self._answer(file, parcel, said)

    async def _commitment(self, peer: Peer, references: Sequence[tuple[str, str]]) -> Commitment | str:
        """Its answer, or why there is none."""
        transaction = str(generate_uid(prefix=None))
        with self._answers.expecting(transaction):
            async with open_association(peer, [MODEL]) as association:
                hear(association, self._answers)
                status = await in_thread(association, partial(request, association, transaction, references))
                if status != SUCCESS:
                    return f"the destination does not take the request for storage commitment: {verdict(status)[1]}"
                if (said := await self._answered(association, transaction)) is not None:
                    return said
        return "the destination took it and has not answered for it (storage commitment)"

    async def _answered(self, association: Association, transaction: str) -> Commitment | None:
        """None when no answer comes in time, or none can come any more."""
        left = self._seconds
        while left > 0 and (association.is_established or self._is_listening):
            said = await asyncio.to_thread(self._answers.wait, transaction, min(left, LOOK_SECONDS))
            if said is not None:
                return said
            left -= LOOK_SECONDS
        return self._answers.wait(transaction, 0)

    def _answer(self, file: Staged, parcel: Parcel, said: Commitment | str) -> Answer:
        uid = parcel.sop_instance_uid
        if isinstance(said, str):
            return Answer(file, "taken", said, uid)
        if uid in said.committed:
            return Answer(file, "delivered", "", uid)
        if uid not in said.failed:
            return Answer(file, "later", "the destination's storage commitment does not name it", uid)
        meaning, words = verdict(said.failed[uid])
        return Answer(
            file, "failed" if meaning == "failed" else "later", f"the destination does not answer for it: {words}", uid
        )
