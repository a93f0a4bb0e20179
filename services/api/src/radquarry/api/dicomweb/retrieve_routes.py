"""WADO-RS: metadata, instances and bulk data of a study, a series or an instance (PS3.18 section 10.4)."""

import json
from collections.abc import AsyncIterator, Iterator, Sequence

from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse
from pydicom.dataelem import RawDataElement
from starlette.concurrency import iterate_in_threadpool, run_in_threadpool

from radquarry.api.dicomweb.accepting import json_type, not_acceptable, ranges
from radquarry.api.dicomweb.archive_folder import InstanceFile
from radquarry.api.dicomweb.asking import Accept, At
from radquarry.api.dicomweb.cautions import of_instances, of_metadata
from radquarry.api.dicomweb.explicit import explicit
from radquarry.api.dicomweb.frame_bytes import portions, swapped
from radquarry.api.dicomweb.headers import Header, opened
from radquarry.api.dicomweb.images import ROOT, Images
from radquarry.api.dicomweb.json_model import BINARY, bulk_element, vr_of
from radquarry.api.dicomweb.multipart import Part, multipart
from radquarry.api.dicomweb.offers import DICOM, Offer, offered
from radquarry.api.dicomweb.remembered import Remembered
from radquarry.api.dicomweb.survey import Seen
from radquarry.api.problems import Problem, unknown
from radquarry.api.rest.asking import ByUser, OnDesk

routes = APIRouter(prefix=ROOT, include_in_schema=False)

BYTES = "application/octet-stream"


@routes.get("/studies/{study}/metadata")
@routes.get("/studies/{study}/series/{series}/metadata")
@routes.get("/studies/{study}/series/{series}/instances/{sop}/metadata")
async def get_metadata(at: At, desk: OnDesk, user: ByUser, accept: Accept) -> Response:
    """All attributes, long binary values by address."""
    media = json_type(accept)
    files = await run_in_threadpool(_files, desk, at)
    images = desk.images
    survey = await run_in_threadpool(images.survey, files)
    first = await run_in_threadpool(_first, images.models, survey.seen[0], at)
    images.openings.of("images opened", user, at.study, at.series)
    cautions = of_metadata(survey)
    content = _listed(images.models, first, survey.seen[1:])
    return StreamingResponse(content, cautions.status, cautions.headers, media_type=media)


@routes.get("/studies/{study}")
@routes.get("/studies/{study}/series/{series}")
@routes.get("/studies/{study}/series/{series}/instances/{sop}")
async def get_instances(at: At, desk: OnDesk, user: ByUser, accept: Accept) -> Response:
    """The files, as they are stored, or as Explicit VR Little Endian when that is asked for."""
    wanted = [each.transfer_syntax for each in ranges(accept) if each.takes(DICOM)]
    if not wanted:
        raise not_acceptable([f'multipart/related; type="{DICOM}"'])
    files = await run_in_threadpool(_files, desk, at)
    survey = await run_in_threadpool(desk.images.survey, files)
    offers, left_out = offered(survey.seen, wanted)
    desk.images.openings.of("images retrieved", user, at.study, at.series)
    return await multipart(_instances(offers, desk.images), DICOM, of_instances(survey, left_out))


@routes.get("/studies/{study}/series/{series}/instances/{sop}/bulkdata/{bulk:path}")
async def get_bulk_data(at: At, desk: OnDesk, user: ByUser, accept: Accept) -> Response:
    """One long value, little endian."""
    kinds = [each for each in ranges(accept) if each.takes(BYTES)]
    if not kinds:
        raise not_acceptable([BYTES, f'multipart/related; type="{BYTES}"'])
    file = await run_in_threadpool(desk.images.folder.instance, at.study, at.series, at.sop)
    header = await run_in_threadpool(desk.images.whole, file)
    value = _value(header, at.bulk)
    desk.images.openings.of("images opened", user, at.study, at.series)
    if kinds[0].is_multipart or kinds[0].media == "*/*":
        return await multipart(_alone(Part(BYTES, value, f"{ROOT}/{file.address}/bulkdata/{at.bulk}")), BYTES)
    return StreamingResponse(value, media_type=BYTES)


def _files(desk: OnDesk, at: At) -> Sequence[InstanceFile]:
    if at.sop:
        return [desk.images.folder.instance(at.study, at.series, at.sop)]
    return desk.images.folder.demanded(at.study, at.series)


def _model(models: Remembered[str], seen: Seen) -> str:
    """Of a file that cannot be read what its place says, so that it is not passed over in silence."""
    if seen.can_be_read:
        return models.of(seen.file)
    file = seen.file
    uids = (file.sop_instance_uid, file.study_instance_uid, file.series_instance_uid)
    tags = ("00080018", "0020000D", "0020000E")
    return json.dumps({tag: {"vr": "UI", "Value": [uid]} for tag, uid in zip(tags, uids, strict=True)})


def _first(models: Remembered[str], seen: Seen, at: At) -> str:
    """Of a single instance its own problem, where it cannot be read."""
    return models.of(seen.file) if at.sop else _model(models, seen)


def _listed(models: Remembered[str], first: str, others: Sequence[Seen]) -> Iterator[bytes]:
    """A file that left since the survey breaks the answer off: its head says nothing of it."""
    yield f"[{first}".encode()
    for seen in others:
        yield f",{_model(models, seen)}".encode()
    yield b"]"


async def _instances(offers: Sequence[Offer], images: Images) -> AsyncIterator[Part]:
    for offer in offers:
        file = offer.file
        content = explicit(file, images.decoders) if offer.is_written_anew else _stored(file)
        syntax = f"; transfer-syntax={offer.transfer_syntax}" if offer.transfer_syntax else ""
        yield Part(f"{DICOM}{syntax}", images.damaged.following(file, content), f"{ROOT}/{file.address}")


async def _alone(part: Part) -> AsyncIterator[Part]:
    yield part


def _stored(file: InstanceFile) -> AsyncIterator[bytes]:
    return iterate_in_threadpool(_file_portions(file))


def _file_portions(file: InstanceFile) -> Iterator[bytes]:
    try:
        with file.path.open("rb") as stream:
            while portion := stream.read(256 * 1024):
                yield portion
    except FileNotFoundError:
        raise unknown("instance") from None


def _value(header: Header, path: str) -> AsyncIterator[bytes]:
    parts = path.split("/")
    hexadecimal = all(len(tag) == 8 and set(tag) <= set("0123456789ABCDEFabcdef") for tag in parts[::2])
    if not hexadecimal or not all(place.isdecimal() and len(place) < 7 for place in parts[1::2]):
        raise unknown("value")
    place = header.pixels
    if place is not None and parts == [f"{place.tag:08X}"]:
        if place.length is None:
            detail = "Compressed pixels come frame by frame, or with their instance."
            raise Problem(406, "not-acceptable", "Not as one value", detail)
        return iterate_in_threadpool(_from_disk(header, place.offset, place.length, place.vr))
    element = bulk_element(header.dataset, parts)
    if element is None or vr_of(element) not in BINARY:
        raise unknown("value")
    if isinstance(element, RawDataElement) and element.value is None and element.length:
        return iterate_in_threadpool(_from_disk(header, element.value_tell, element.length, vr_of(element)))
    value = bytes(element.value or b"")
    wide = header.is_big_endian and vr_of(element) == "OW"
    return iterate_in_threadpool(iter([swapped(value, 2) if wide else value]))


def _from_disk(header: Header, offset: int, length: int, vr: str) -> Iterator[bytes]:
    wide = header.is_big_endian and vr == "OW"
    with opened(header.file) as (stream, _):
        for portion in portions(stream, offset, length):
            yield swapped(portion, 2) if wide else portion
