"""A finder that remembers what days held, and follows its archives without being told."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from zoneinfo import ZoneInfo

from radquarry.bus.port import Publish
from radquarry.finder.comparing import compare_window
from radquarry.finder.seen import Seen
from radquarry.finder.settings import Settings
from radquarry.finder.worklist import Clock, Worklist, utc_now
from radquarry.messages import FindWindow, Message
from radquarry.service import Handler, Service
from radquarry.state.store import State


def following(service: Service, state: State, publish: Publish, worklist: Worklist) -> Service:
    """`service`, which also says what became different since a day was seen before, and keeps its worklist."""
    compare = partial(compare_window, seen=Seen(state), publish=publish)
    find_window: Callable[..., Awaitable[None]] = service.handlers[FindWindow]
    handlers: dict[type[Message], Handler] = {**service.handlers, FindWindow: partial(find_window, compare=compare)}
    return replace(service, handlers=handlers, loops=(*service.loops, worklist.keep))


def worklist_of(settings: Settings, state: State, publish: Publish, clock: Clock | None) -> Worklist:
    """For those PACS that are to be followed; `clock` instead of the real one."""
    follow = {name: pacs.follow for name, pacs in settings.pacs.items() if pacs.follow is not None}
    return Worklist(state, publish, follow, ZoneInfo(settings.timezone), clock or utc_now)
