"""Pictures (PNG, JPEG, BMP, TIFF) as arrays: what is in them beside pixels stays behind."""

import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps

from radquarry.exporter.conversion.refusing import Refused

FORMATS = ("PNG", "JPEG", "BMP", "TIFF")
MOST_PIXELS = 80_000_000
"""Of one page, and below what the library itself refuses."""
MOST_PAGES = 2000
MOST_BYTES = 1 << 30
"""Of all pages together, decoded."""
LARGEST_SIDE = 65535
"""Rows and Columns are of 16 bits."""
DAMAGED = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, AttributeError, OverflowError,
           ArithmeticError, NotImplementedError, RuntimeError, struct.error, zlib.error)  # fmt: skip
"""What the library raises for files that are damaged."""
ALPHA = ("LA", "La", "PA", "RGBA", "RGBa")
BITS_PER_SAMPLE, PHOTOMETRIC, COMPRESSION, ORIENTATION = 258, 262, 259, 274
SIXTEEN = "16 bits a colour became 8, as DICOM's colour images have"
ON_WHITE = "transparent parts were laid on white"
NO_PROFILE = "its colour profile cannot be used; its colours are taken as sRGB"
JPEG_IN_TIFF = (6, 7)

Pixels = NDArray[np.uint8] | NDArray[np.uint16]


@dataclass(frozen=True)
class Page:
    """`pixels`: rows, columns (grayscale, uint8 or uint16), or rows, columns, 3 (RGB, uint8)."""

    pixels: Pixels
    notes: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Picture:
    """All pages; `is_lossy`: they were compressed with a loss; `is_upright`: nothing says that it must be turned.

    `has_profile`: its colours were another profile's, and are sRGB's now.
    """

    pages: tuple[Page, ...]
    kind: str
    is_lossy: bool
    is_upright: bool
    has_profile: bool


def picture_in(view: memoryview) -> Picture:
    """Decode it, turned as its orientation says (EXIF 0112). Raises `Refused`."""
    with _bounded(), Image.open(BytesIO(view), formats=FORMATS) as image:
        _check_size(image)
        kind, orientation = str(image.format), image.getexif().get(ORIENTATION, 1)
        tags = getattr(image, "tag_v2", {})
        is_lossy = kind in ("JPEG", "MPO") or int(tags.get(COMPRESSION, 1)) in JPEG_IN_TIFF
        has_profile = bool(image.info.get("icc_profile")) and image.mode != "L"
        deep = _is_deep(view, image)
        pages = tuple(_pages(image, deep=deep))
    return Picture(pages, kind, is_lossy, orientation == 1, has_profile)


@contextmanager
def _bounded() -> Iterator[None]:
    """Raises `Refused` for what is too large or damaged."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Refused(f"it has more than {MOST_PIXELS} pixels") from None
    except DAMAGED:
        raise Refused("the picture is damaged, or of a kind that cannot be decoded") from None


def _pages(image: Image.Image, *, deep: bool) -> Iterator[Page]:
    total = 0
    for number in range(MOST_PAGES + 1):
        if number and image.format in ("JPEG", "MPO"):
            return
        try:
            image.seek(number)
        except EOFError:
            return
        if number == MOST_PAGES:
            raise Refused(f"it has more than {MOST_PAGES} pages")
        if number and image.format == "PNG":
            raise Refused("it is animated")
        _check_size(image)
        page = _page(image, deep=deep)
        total += page.pixels.nbytes
        if total > MOST_BYTES:
            raise Refused(f"its pages have more than {MOST_BYTES >> 30} GB together")
        yield page


def _check_size(image: Image.Image) -> None:
    width, height = image.size
    if width * height > MOST_PIXELS:
        raise Refused(f"it has more than {MOST_PIXELS} pixels")
    if not 0 < min(width, height) <= max(width, height) <= LARGEST_SIDE:
        raise Refused(f"a side has no pixels, or more than {LARGEST_SIDE}")


def _is_deep(view: memoryview, image: Image.Image) -> bool:
    """Whether a colour (or a gray beside transparency) has 16 bits, of which the library keeps 8."""
    if image.format == "PNG":
        return view[24] == 16 and view[25] != 0
    bits = getattr(image, "tag_v2", {}).get(BITS_PER_SAMPLE, ())
    return image.format == "TIFF" and len(bits) > 1 and max(bits) > 8


def _page(image: Image.Image, *, deep: bool) -> Page:
    inverted = image.format == "TIFF" and image.tag_v2.get(PHOTOMETRIC) == 0  # type: ignore[attr-defined]  # of TIFF
    upright = ImageOps.exif_transpose(image)
    if upright.mode.startswith(("I", "F")):
        if inverted and not upright.mode.startswith("I;"):
            raise Refused("its white is 0, and its pixels have more than 16 bits")
        bits = image.tag_v2[BITS_PER_SAMPLE][0] if inverted else 0  # type: ignore[attr-defined]  # of TIFF
        return Page(_words(upright, white=2**bits - 1))
    notes = {SIXTEEN} if deep else set()
    profile = upright.info.get("icc_profile", b"")
    if image.format == "MPO":
        notes.add("only the first of its pictures was taken")
    if upright.mode in ("1", "L") and "transparency" not in upright.info:
        return Page(np.asarray(upright.convert("L")), frozenset(notes))
    if upright.mode in ALPHA or "transparency" in upright.info:
        upright, is_opaque = _on_white(upright)
        notes |= set() if is_opaque else {ON_WHITE}
    plain, is_right = _plain(upright, profile)
    notes |= set() if is_right else {NO_PROFILE}
    return Page(np.asarray(plain), frozenset(notes))


def _words(image: Image.Image, *, white: int) -> Pixels:
    """Values of 16 bits; of more only where they are as small. `white`: where 0 is white, what black is; else 0."""
    values = np.asarray(image)
    if not np.isfinite(values).all() or (values != np.rint(values)).any():
        raise Refused("its pixels are no whole numbers, which such an image cannot hold")
    if values.min() < 0 or values.max() > 65535:
        raise Refused("its pixels are negative, or of more than 16 bits")
    words: NDArray[np.uint16] = values.astype(np.uint16)
    return np.subtract(white, words, dtype=np.uint16) if white else words


def _on_white(image: Image.Image) -> tuple[Image.Image, bool]:
    """Without its transparency, and whether it had none."""
    seen = image.convert("RGBA")
    is_opaque = seen.getchannel("A").getextrema() == (255, 255)
    laid = seen if is_opaque else Image.alpha_composite(Image.new("RGBA", seen.size, "white"), seen)
    return laid.convert("L" if image.mode in ("L", "LA", "La", "1") else "RGB"), is_opaque


def _plain(image: Image.Image, profile: bytes) -> tuple[Image.Image, bool]:
    """Grayscale or sRGB, and whether its profile, if it has one, could be used."""
    if image.mode == "L" or not profile:
        return (image if image.mode == "L" else image.convert("RGB")), True
    coloured = image if image.mode in ("RGB", "CMYK") else image.convert("RGB")
    try:
        source, target = ImageCms.ImageCmsProfile(BytesIO(profile)), ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(coloured, source, target, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError):
        converted = None
    return (converted, True) if converted is not None else (coloured.convert("RGB"), False)
