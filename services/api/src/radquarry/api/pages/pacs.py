"""The pages about PACS as peers: how they are, one of them with its limits, and the question before one is stopped."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from radquarry.api.archive_views import ArchiveAtWork, ArchiveView
from radquarry.api.pages.load_form import LoadFields
from radquarry.api.pages.traffic_chart import TrafficChart, traffic_chart
from radquarry.api.pages.visible import visible
from radquarry.messages import PacsProfile

Done = Literal["", "echo", "stop", "start", "probe", "limits", "configured"]


@dataclass(frozen=True)
class Peer:
    """One PACS and the picture of its day."""

    at_work: ArchiveAtWork
    chart: TrafficChart | None


@dataclass(frozen=True)
class PacsPage:
    """Every configured PACS; `fresh` is the one that was just asked."""

    peers: tuple[Peer, ...]
    fresh: str
    may_change: bool


@dataclass(frozen=True)
class ProfileRow:
    """One line of the profile: `label` is a key; the value is a key with its values, or words as they are."""

    label: str
    key: str = ""
    values: tuple[tuple[str, object], ...] = ()
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class OnePacsPage:
    """One PACS: `done` is the key of what an order of the reader came to, empty without one."""

    peer: Peer
    fields: LoadFields
    profile: tuple[ProfileRow, ...]
    storage_contexts: tuple[str, ...]
    notes: tuple[str, ...]
    done: str
    is_done: bool
    may_change: bool


@dataclass(frozen=True)
class StopPage:
    """Whether this PACS shall really be stopped, or started again."""

    archive: ArchiveView
    start: bool


def pacs_page(all_of_them: Sequence[ArchiveAtWork], fresh: str, now: datetime, *, may_change: bool) -> PacsPage:
    """The list of PACS."""
    return PacsPage(tuple(_peer(each, now) for each in all_of_them), fresh, may_change)


def one_pacs_page(
    at_work: ArchiveAtWork, fields: LoadFields, done: str, now: datetime, *, may_change: bool
) -> OnePacsPage:
    """One of them with all that can be changed; `done` is the order that led here."""
    profile = at_work.view.probing.profile
    is_done = _is_done(at_work.view, done)
    return OnePacsPage(
        peer=_peer(at_work, now),
        fields=fields,
        profile=tuple(_rows(profile)) if profile else (),
        storage_contexts=tuple(map(visible, profile.storage_contexts)) if profile else (),
        notes=tuple(map(visible, profile.notes)) if profile else (),
        done=(f"pacs.did_{done}" if is_done else "pacs.not_yet") if done else "",
        is_done=is_done,
        may_change=may_change,
    )


def _peer(at_work: ArchiveAtWork, now: datetime) -> Peer:
    return Peer(at_work, traffic_chart(at_work.spans, now))


def _is_done(view: ArchiveView, done: str) -> bool:
    """What an order came to is read from how things stand, not from the address."""
    return {
        "stop": view.state == "stopped",
        "start": view.state != "stopped",
        "limits": view.load.ordered_at is None and not view.load.is_configured,
        "configured": view.load.ordered_at is None and view.load.is_configured,
        "echo": view.echoed_at is not None,
    }.get(done, True)


def _rows(profile: PacsProfile) -> Iterator[ProfileRow]:
    if profile.find_limit is not None:
        yield ProfileRow("pacs.answer_limit", "pacs.answers", (("n", profile.find_limit),))
    else:
        yield ProfileRow("pacs.answer_limit", "pacs.no_limit_seen", (("n", profile.longest_answer),))
    yield ProfileRow("pacs.models", words=tuple(_title(model) for model in profile.models))
    yield ProfileRow("pacs.levels", words=profile.levels)
    for support in ("matched", "returned", "ignored"):
        words = tuple(sorted(visible(key) for key, told in profile.keys.items() if told == support))
        yield ProfileRow(f"pacs.keys_{support}", "pacs.no_key" if profile.keys and not words else "", words=words)
    yield ProfileRow("pacs.wildcards", words=tuple(profile.wildcards))
    yield _yes_or_no("pacs.date_ranges", told=profile.date_ranges)
    yield _yes_or_no("pacs.time_ranges", told=profile.time_ranges)
    charset = "pacs.charset_unnamed" if profile.charset == "" else ""
    yield ProfileRow("pacs.charset", charset, words=tuple(filter(None, (visible(profile.charset or ""),))))
    tried = (("n", profile.associations), ("tried", profile.associations_tried))
    yield ProfileRow("pacs.parallel", "pacs.of_tried" if profile.associations_tried else "", tried)
    yield _yes_or_no("pacs.c_get", told=profile.c_get)
    yield _yes_or_no("pacs.c_move", told=profile.c_move)
    if profile.milliseconds is not None:
        yield ProfileRow("pacs.answer_time", "pacs.ms", (("n", round(profile.milliseconds)),))


def _title(model: str) -> str:
    return model.replace("-", " ").capitalize()


def _yes_or_no(label: str, *, told: bool | None) -> ProfileRow:
    return ProfileRow(label, "" if told is None else "pacs.yes" if told else "pacs.no")
