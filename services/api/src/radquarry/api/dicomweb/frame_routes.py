"""WADO-RS: frames as they are stored or decoded, and drawn as pictures (PS3.18 sections 10.4.1.1.6 and 10.4.1.1.3)."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.concurrency import iterate_in_threadpool, run_in_threadpool

from radquarry.api.dicomweb.accepting import EXPLICIT, Range, not_acceptable, ranges
from radquarry.api.dicomweb.archive_folder import InstanceFile
from radquarry.api.dicomweb.asking import Accept, At
from radquarry.api.dicomweb.cautions import Cautions, of_picture
from radquarry.api.dicomweb.decoding import Decoders, Job, Wanted
from radquarry.api.dicomweb.frame_bytes import frame_bytes
from radquarry.api.dicomweb.frame_places import FrameMap
from radquarry.api.dicomweb.images import ROOT
from radquarry.api.dicomweb.multipart import Part, multipart
from radquarry.api.dicomweb.picture_query import PictureQuery, not_understood
from radquarry.api.problems import unknown
from radquarry.api.rest.asking import ByUser, OnDesk

routes = APIRouter(prefix=ROOT, include_in_schema=False)

BYTES = "application/octet-stream"
STORED_AS = {
    "1.2.840.10008.1.2.4.50": "image/jpeg",
    "1.2.840.10008.1.2.4.51": "image/jpeg",
    "1.2.840.10008.1.2.4.57": "image/jpeg",
    "1.2.840.10008.1.2.4.70": "image/jpeg",
    "1.2.840.10008.1.2.4.80": "image/jls",
    "1.2.840.10008.1.2.4.81": "image/jls",
    "1.2.840.10008.1.2.4.90": "image/jp2",
    "1.2.840.10008.1.2.4.91": "image/jp2",
    "1.2.840.10008.1.2.4.92": "image/jpx",
    "1.2.840.10008.1.2.4.93": "image/jpx",
    "1.2.840.10008.1.2.4.110": "image/jxl",
    "1.2.840.10008.1.2.4.111": "image/jxl",
    "1.2.840.10008.1.2.4.112": "image/jxl",
    "1.2.840.10008.1.2.4.201": "image/jphc",
    "1.2.840.10008.1.2.4.202": "image/jphc",
    "1.2.840.10008.1.2.4.203": "image/jphc",
    "1.2.840.10008.1.2.5": "image/dicom-rle",
}
"""The media type of each compressed transfer syntax (PS3.18 table 8.7.3-2)."""
PICTURES = ("image/png", "image/jpeg")
THUMBNAIL = (200, 200)


@dataclass(frozen=True)
class PictureAsked:
    """How it is to look, and which parameters change nothing."""

    query: PictureQuery
    cautions: Cautions


async def _picture_asked(request: Request, query: Annotated[PictureQuery, Query()]) -> PictureAsked:
    names = [name for name, _ in request.query_params.multi_items()]
    return PictureAsked(query, of_picture(not_understood(names)))


AsAsked = Annotated[PictureAsked, Depends(_picture_asked)]
INSTANCE = "/studies/{study}/series/{series}/instances/{sop}"


@routes.get(f"{INSTANCE}/frames/{{frames}}")
async def get_frames(at: At, desk: OnDesk, user: ByUser, accept: Accept) -> Response:
    """Frames by number, the first is 1, each a part of its own."""
    frames = await desk.images.frames(await _file(at, desk))
    if not all(0 <= number < frames.count for number in at.frames):
        raise unknown("frame")
    media, is_stored = _form(frames, ranges(accept))
    desk.images.openings.of("images opened", user, at.study, at.series)
    parts = _parts(frames, at.frames, media if is_stored else "", desk.images.decoders)
    return await multipart(parts, media.split(";")[0])


@routes.get(f"{INSTANCE}/rendered")
@routes.get(f"{INSTANCE}/frames/{{frames}}/rendered")
async def get_rendered(at: At, desk: OnDesk, user: ByUser, accept: Accept, asked: AsAsked) -> Response:
    """One frame as people look at it."""
    file = await _file(at, desk)
    desk.images.openings.of("images opened", user, at.study, at.series)
    answer = await _drawn(desk, file, at.frames or (0,), accept, asked.query)
    answer.headers.update(asked.cautions.headers)
    return answer


@routes.get("/studies/{study}/thumbnail")
@routes.get("/studies/{study}/series/{series}/thumbnail")
@routes.get(f"{INSTANCE}/thumbnail")
@routes.get(f"{INSTANCE}/frames/{{frames}}/thumbnail")
async def get_thumbnail(at: At, desk: OnDesk, user: ByUser, accept: Accept, request: Request) -> Response:
    """A small picture that stands for it: the middle instance, its middle frame."""
    cautions = of_picture(not_understood([*request.query_params], frozenset({"accept"})))
    file = await _file(at, desk)
    frames = await desk.images.frames(file)
    desk.images.openings.of("images opened", user, at.study, at.series)
    query = PictureQuery(viewport="{},{}".format(*THUMBNAIL))
    answer = await _drawn(desk, file, at.frames or (frames.count // 2,), accept, query)
    answer.headers.update(cautions.headers)
    return answer


async def _file(at: At, desk: OnDesk) -> InstanceFile:
    if at.sop:
        return await run_in_threadpool(desk.images.folder.instance, at.study, at.series, at.sop)
    files = await run_in_threadpool(desk.images.folder.demanded, at.study, at.series)
    return files[len(files) // 2]


async def _drawn(
    desk: OnDesk, file: InstanceFile, places: tuple[int, ...], accept: str, query: PictureQuery
) -> Response:
    media = next((media for each in ranges(accept) for media in PICTURES if each.takes(media)), "")
    if not media:
        raise not_acceptable(PICTURES)
    frames = await desk.images.frames(file)
    if len(places) > 1 or not 0 <= places[0] < frames.count:
        raise unknown("frame")
    wanted: Wanted = "jpeg" if media == "image/jpeg" else "png"
    job = Job(file.path, places[0], wanted, query.wanted_window, query.wanted_viewport, query.wanted_quality)
    _, picture = await desk.images.decoders.done(job)
    return Response(picture, media_type=media)


def _form(frames: FrameMap, accepted: list[Range]) -> tuple[str, bool]:
    """The media type of the parts, and whether frames come as they are stored; raises the problem to answer with."""
    stored = frames.header.transfer_syntax
    native, compressed = f"{BYTES}; transfer-syntax={EXPLICIT}", STORED_AS.get(stored, BYTES)
    as_stored = native if frames.is_native else f"{compressed}; transfer-syntax={stored}"
    for each in accepted:
        if each.media == "*/*":
            return as_stored, True
        if each.takes(BYTES):
            if each.transfer_syntax in {"*", stored} or (frames.is_native and each.transfer_syntax in {"", EXPLICIT}):
                return as_stored, True
            if each.transfer_syntax in {"", EXPLICIT}:
                return native, False
        if not frames.is_native and each.takes(compressed) and each.transfer_syntax in {"", "*", stored}:
            return as_stored, True
    raise not_acceptable([f'multipart/related; type="{kind}"' for kind in dict.fromkeys([compressed, BYTES])])


async def _parts(frames: FrameMap, wanted: Sequence[int], media: str, decoders: Decoders) -> AsyncIterator[Part]:
    """`media` of the stored bytes; decoded where it is empty."""
    for number in wanted:
        location = f"{ROOT}/{frames.header.file.address}/frames/{number + 1}"
        if media:
            yield Part(media, iterate_in_threadpool(frame_bytes(frames, number)), location)
        else:
            decoded = _decoded(frames.header.file, number, decoders)
            yield Part(f"{BYTES}; transfer-syntax={EXPLICIT}", decoded, location)


async def _decoded(file: InstanceFile, number: int, decoders: Decoders) -> AsyncIterator[bytes]:
    _, content = await decoders.done(Job(file.path, number, "native"))
    yield content
