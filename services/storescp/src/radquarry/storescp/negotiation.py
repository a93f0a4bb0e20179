"""A-ASSOCIATE-RQ read and answered (PS3.8 section 9.3.2, PS3.7 annex D.3.3)."""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from radquarry.dicom.uids import is_uid
from radquarry.storescp.part10 import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from radquarry.storescp.pdus import ASSOCIATE_AC, HEADER, Violation

APPLICATION_CONTEXT = "1.2.840.10008.3.1.1.1"
FIXED = struct.Struct(">H2x16s16s32x")
ITEM = struct.Struct(">BxH")
MOST_CONTEXTS = 128

APPLICATION_CONTEXT_ITEM, CONTEXT_RQ, CONTEXT_AC, ABSTRACT_SYNTAX, TRANSFER_SYNTAX = 0x10, 0x20, 0x21, 0x30, 0x40
USER_INFORMATION, MAXIMUM_LENGTH, IMPLEMENTATION_CLASS, IMPLEMENTATION_VERSION = 0x50, 0x51, 0x52, 0x55
COMMON_EXTENDED_NEGOTIATION = 0x57

ACCEPTED, ABSTRACT_SYNTAX_NOT_SUPPORTED, TRANSFER_SYNTAXES_NOT_SUPPORTED = 0, 3, 4


@dataclass(frozen=True)
class Proposed:
    """A presentation context as the caller wants it."""

    context_id: int
    abstract_syntax: str
    transfer_syntaxes: tuple[str, ...]


@dataclass(frozen=True)
class Request:
    """An A-ASSOCIATE-RQ. `service_classes` are those of the common extended negotiation, by SOP class."""

    calling_ae_title: str
    titles: bytes
    """Called and calling AE title as they came; the answer repeats them."""
    speaks_version_1: bool
    application_context: str
    contexts: tuple[Proposed, ...]
    service_classes: dict[str, str]


@dataclass(frozen=True)
class Agreed:
    """A presentation context that was accepted."""

    abstract_syntax: str
    transfer_syntax: str


def read_request(body: memoryview) -> Request:
    """Raises `Violation` when the bytes are no A-ASSOCIATE-RQ."""
    if len(body) < FIXED.size:
        raise Violation("an A-ASSOCIATE-RQ is too short")
    version, called, calling = FIXED.unpack_from(body)
    contexts, application_context, service_classes = [], "", dict[str, str]()
    for kind, item in _items(body[FIXED.size :]):
        if kind == APPLICATION_CONTEXT_ITEM:
            application_context = _text(item)
        elif kind == CONTEXT_RQ:
            contexts.append(_proposed(item))
        elif kind == USER_INFORMATION:
            service_classes |= dict(
                _service_class(each) for sub, each in _items(item) if sub == COMMON_EXTENDED_NEGOTIATION
            )
    ids = {context.context_id for context in contexts}
    if len(contexts) > MOST_CONTEXTS or len(ids) < len(contexts) or any(number % 2 == 0 for number in ids):
        raise Violation("presentation contexts are not numbered as they must be")
    title = calling.decode("ascii", "replace").strip(" \0")
    return Request(title, called + calling, bool(version & 1), application_context, tuple(contexts), service_classes)


def agree(request: Request, is_served: Callable[[str, str], bool]) -> tuple[dict[int, Agreed], list[bytes]]:
    """The accepted presentation contexts by number, and the answer's items for all of them.

    `is_served` gets an abstract syntax and the service class that the caller says it belongs to, or "". Of the
    transfer syntaxes the caller's first one is taken.
    """
    agreed, items = dict[int, Agreed](), list[bytes]()
    for context in request.contexts:
        syntaxes = [syntax for syntax in context.transfer_syntaxes if is_uid(syntax)]
        result, syntax = ACCEPTED, syntaxes[0] if syntaxes else ""
        if not is_served(context.abstract_syntax, request.service_classes.get(context.abstract_syntax, "")):
            result = ABSTRACT_SYNTAX_NOT_SUPPORTED
        elif not syntaxes:
            result = TRANSFER_SYNTAXES_NOT_SUPPORTED
        else:
            agreed[context.context_id] = Agreed(context.abstract_syntax, syntax)
        value = bytes((context.context_id, 0, result, 0)) + _item(TRANSFER_SYNTAX, syntax.encode())
        items.append(_item(CONTEXT_AC, value))
    return agreed, items


def accepted(request: Request, context_items: list[bytes], offered_pdu: int) -> bytes:
    """An A-ASSOCIATE-AC. Roles and asynchronous operations are not answered: then the defaults hold."""
    user = (
        _item(MAXIMUM_LENGTH, struct.pack(">L", offered_pdu))
        + _item(IMPLEMENTATION_CLASS, IMPLEMENTATION_CLASS_UID.encode())
        + _item(IMPLEMENTATION_VERSION, IMPLEMENTATION_VERSION_NAME.encode())
    )
    body = (
        struct.pack(">H2x", 1)
        + request.titles
        + bytes(32)
        + _item(APPLICATION_CONTEXT_ITEM, APPLICATION_CONTEXT.encode())
        + b"".join(context_items)
        + _item(USER_INFORMATION, user)
    )
    return HEADER.pack(ASSOCIATE_AC, len(body)) + body


def _items(data: memoryview) -> Iterator[tuple[int, memoryview]]:
    position = 0
    while position < len(data):
        if len(data) - position < ITEM.size:
            raise Violation("an A-ASSOCIATE-RQ ends within an item")
        kind, length = ITEM.unpack_from(data, position)
        begin, position = position + ITEM.size, position + ITEM.size + length
        if position > len(data):
            raise Violation("an item does not fit its A-ASSOCIATE-RQ")
        yield kind, data[begin:position]


def _item(kind: int, value: bytes) -> bytes:
    return ITEM.pack(kind, len(value)) + value


def _proposed(item: memoryview) -> Proposed:
    if len(item) < 4:
        raise Violation("a presentation context is too short")
    abstract, transfer = "", list[str]()
    for kind, value in _items(item[4:]):
        if kind == ABSTRACT_SYNTAX:
            abstract = _text(value)
        elif kind == TRANSFER_SYNTAX:
            transfer.append(_text(value))
    return Proposed(item[0], abstract, tuple(transfer))


def _service_class(item: memoryview) -> tuple[str, str]:
    """SOP class and service class of a common extended negotiation (PS3.7 Table D.3-12)."""
    if len(item) < 2:
        raise Violation("a common extended negotiation is too short")
    middle = 2 + int.from_bytes(item[:2], "big")
    end = middle + 2 + int.from_bytes(item[middle : middle + 2], "big")
    return _text(item[2:middle]), _text(item[middle + 2 : end])


def _text(value: memoryview) -> str:
    return bytes(value).decode("ascii", "replace").strip(" \0")
