"""One budget of traffic for each of two PACS."""

from radquarry.dicom.load import StateLoad
from radquarry.messages import LoadLimits
from radquarry.state.store import State


async def opened(state: State, associations: int = 2) -> StateLoad:
    """Of somebody who asks `main` with so many associations, and `other` with one."""
    return await StateLoad.open(
        state, {"main": LoadLimits(associations=associations), "other": LoadLimits(associations=1)}
    )
