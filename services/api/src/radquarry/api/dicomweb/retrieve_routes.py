"""WADO-RS: metadata, instances and bulk data of a study, a series or an instance (PS3.18 section 10.4)."""

import json
from collections.abc import AsyncIterator, Iterator, Sequence

from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse
from pydicom.dataelem import RawDataElement
from starlette.concurrency import iterate_in_threadpool, run_in_threadpool

from radquarry.api.dicomweb.accepting import EXPLICIT, json_type, not_acceptable, ranges
from radquarry.api.dicomweb.archive_folder import InstanceFile
from radquarry.api.dicomweb.asking import Accept, At
from radquarry.api.dicomweb.decoding import Decoders
from radquarry.api.dicomweb.explicit import explicit
from radquarry.api.dicomweb.frame_bytes import portions, swapped
from radquarry.api.dicomweb.headers import Header, opened, read_header
from radquarry.api.dicomweb.images import ROOT
from radquarry.api.dicomweb.json_model import BINARY, attributes, bulk_element, vr_of
from radquarry.api.dicomweb.multipart import Part, multipart
from radquarry.api.problems import Problem, unknown
from radquarry.api.rest.asking import ByUser, OnDesk

routes = APIRouter(prefix=ROOT, include_in_schema=False)

DICOM, BYTES = "application/dicom", "application/octet-stream"
ONLY_SYNTAX = (0x00080016,)


@routes.get("/studies/{study}/metadata")
@routes.get("/studies/{study}/series/{series}/metadata")
@routes.get("/studies/{study}/series/{series}/instances/{sop}/metadata")
async def get_metadata(at: At, desk: OnDesk, user: ByUser, accept: Accept) -> Response:
    """All attributes, long binary values by address."""
    media = json_type(accept)
    files = await run_in_threadpool(_files, desk, at)
    first = await run_in_threadpool(_model, files[0], alone=len(files) == 1)
    desk.images.openings.of("images opened", user, at.study, at.series)
    return StreamingResponse(_listed(first, files[1:]), media_type=media)


@routes.get("/studies/{study}")
@routes.get("/studies/{study}/series/{series}")
@routes.get("/studies/{study}/series/{series}/instances/{sop}")
async def get_instances(at: At, desk: OnDesk, user: ByUser, accept: Accept) -> Response:
    """The files, as they are stored, or as Explicit VR Little Endian when that is asked for."""
    wanted = [each.transfer_syntax for each in ranges(accept) if each.takes(DICOM)]
    if not wanted:
        raise not_acceptable([f'multipart/related; type="{DICOM}"'])
    files = await run_in_threadpool(_files, desk, at)
    desk.images.openings.of("images retrieved", user, at.study, at.series)
    return await multipart(_instances(files, wanted, desk.images.decoders), DICOM)


@routes.get("/studies/{study}/series/{series}/instances/{sop}/bulkdata/{bulk:path}")
async def get_bulk_data(at: At, desk: OnDesk, user: ByUser, accept: Accept) -> Response:
    """One long value, little endian."""
    kinds = [each for each in ranges(accept) if each.takes(BYTES)]
    if not kinds:
        raise not_acceptable([BYTES, f'multipart/related; type="{BYTES}"'])
    file = await run_in_threadpool(desk.images.folder.instance, at.study, at.series, at.sop)
    header = await run_in_threadpool(read_header, file)
    value = _value(header, at.bulk)
    desk.images.openings.of("images opened", user, at.study, at.series)
    if kinds[0].is_multipart or kinds[0].media == "*/*":
        return await multipart(_alone(Part(BYTES, value, f"{ROOT}/{file.address}/bulkdata/{at.bulk}")), BYTES)
    return StreamingResponse(value, media_type=BYTES)


def _files(desk: OnDesk, at: At) -> Sequence[InstanceFile]:
    if at.sop:
        return [desk.images.folder.instance(at.study, at.series, at.sop)]
    return desk.images.folder.demanded(at.study, at.series)


def _model(file: InstanceFile, *, alone: bool = False) -> str:
    """Of a file that cannot be read what its place says, so that it is not passed over in silence."""
    try:
        model = attributes(read_header(file), ROOT)
    except Problem as problem:
        if alone or problem.status == 404:
            raise
        uids = (file.sop_instance_uid, file.study_instance_uid, file.series_instance_uid)
        model = {
            tag: {"vr": "UI", "Value": [uid]}
            for tag, uid in zip(("00080018", "0020000D", "0020000E"), uids, strict=True)
        }
    return json.dumps(model, ensure_ascii=False)


def _listed(first: str, others: Sequence[InstanceFile]) -> Iterator[bytes]:
    yield f"[{first}".encode()
    for file in others:
        try:
            yield f",{_model(file)}".encode()
        except Problem:  # it left the archive since the list was made
            continue
    yield b"]"


async def _instances(files: Sequence[InstanceFile], wanted: Sequence[str], decoders: Decoders) -> AsyncIterator[Part]:
    for file in files:
        try:
            header = await run_in_threadpool(read_header, file, ONLY_SYNTAX)
        except Problem as problem:
            if problem.status == 404 and len(files) > 1:
                continue
            if problem.status == 404 or (not {"*", ""} & {*wanted}):
                raise
            yield Part(DICOM, _stored(file), f"{ROOT}/{file.address}")
            continue
        yield _part(header, wanted, decoders)


def _part(header: Header, wanted: Sequence[str], decoders: Decoders) -> Part:
    stored = header.transfer_syntax
    for syntax in wanted:
        if syntax in {"", "*", stored}:
            content, given = _stored(header.file), stored
        elif syntax == EXPLICIT:
            content, given = explicit(header.file, decoders), EXPLICIT
        else:
            continue
        return Part(f"{DICOM}; transfer-syntax={given}", content, f"{ROOT}/{header.file.address}")
    raise not_acceptable([f"{DICOM}; transfer-syntax={each}" for each in ("*", stored, EXPLICIT)])


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
