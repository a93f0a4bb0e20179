"""A seeded set of pictures with names, dates and ids drawn into them, and where each stands."""

import random
import string
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.pixels import pixel_array

Picture = npt.NDArray[np.uint8]
BACKGROUNDS = ("noise", "ultrasound", "ultrasound cone", "CT", "MR", "screen")
NAMES = ("Quarrymann^Josefine", "Müller, Hans-Peter", "SMITH JOHN", "Di Stefano Maria", "Nguyen Thi Lan", "Wu, Li",
         "O'Brien Séan", "von Allmen-Zürcher U.")  # fmt: skip
SIZES = (9, 10, 12, 14, 18, 24, 32, 48)
CONTRASTS = (255, 255, 180, 120, 80)
EACH = 4
"""Texts in a picture."""
SLANTS = (-15.0, -5.0, 5.0, 15.0)
"""Degrees."""
Kind = Literal["usual", "slanted", "two letters"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True)
class Drawn:
    """A text: its size in pixels, its difference from the background, and which pixels it is made of."""

    text: str
    size: int
    contrast: int
    background: str
    ink: npt.NDArray[np.bool_]
    box: tuple[int, int, int, int]

    def hidden_in(self, blanked: npt.NDArray[np.bool_]) -> bool:
        """Whether all but a twentieth of it is blanked."""
        return float((blanked & self.ink).sum()) >= 0.95 * float(self.ink.sum())


def pictures(
    seed: int, each: int, backgrounds: tuple[str, ...] = BACKGROUNDS, kind: Kind = "usual"
) -> Iterator[tuple[Picture, list[Drawn]]]:
    """`each` pictures of every background, always the same ones for a seed."""
    for background in backgrounds:
        for number in range(each):
            yield drawn(random.Random(f"{seed} {background} {number}"), background, kind)


def drawn(chance: random.Random, background: str, kind: Kind = "usual") -> tuple[Picture, list[Drawn]]:
    """One picture."""
    picture = empty(chance, background).astype(np.float32)
    under = picture.copy()
    items: list[Drawn] = []
    for _ in range(EACH):
        size, contrast, text = chance.choice(SIZES), chance.choice(CONTRASTS), words(chance)
        if kind == "two letters":
            text = "".join(chance.choices(string.ascii_uppercase, k=2))
        stamp = _stamp(chance, text, size)
        if kind == "slanted":
            stamp = _slanted(stamp, chance.choice(SLANTS))
        place = _free(chance, picture.shape, stamp.shape, [item.box for item in items])
        if place is None:
            continue
        top, left = place
        box = (top, left, top + stamp.shape[0], left + stamp.shape[1])
        part = (slice(box[0], box[2]), slice(box[1], box[3]))
        ground = float(under[part].mean())
        shade = min(255.0, ground + contrast) if ground < 128 else max(0.0, ground - contrast)
        picture[part] = picture[part] * (1 - stamp) + shade * stamp
        ink = np.zeros(picture.shape, bool)
        ink[part] = stamp > 0.5
        items.append(Drawn(text, size, contrast, background, ink, box))
    return picture.astype(np.uint8), items


def words(chance: random.Random) -> str:
    """A name, an id or a date."""
    kind = chance.choice(("name", "name", "id", "date"))
    if kind == "name":
        return chance.choice(NAMES)
    if kind == "id":
        return chance.choice(("PID", "ID: ", "MRN ", "")) + str(chance.randint(10**6, 10**8))
    day, month, year = chance.randint(1, 28), chance.randint(1, 12), chance.randint(1930, 2024)
    return chance.choice((f"{day:02}.{month:02}.{year}", f"{month:02}/{day:02}/{year}", f"{year}-{month:02}-{day:02}"))


def _stamp(chance: random.Random, text: str, size: int) -> npt.NDArray[np.float32]:
    """The letters, 0 to 1, smooth or as the old bitmap font has them."""
    if chance.random() < 0.25:
        font = ImageFont.load_default_imagefont()
        text = text.encode("ascii", "replace").decode()
        enlarged = max(1, size // 12)
    else:
        font, enlarged = ImageFont.load_default(size), 1
    left, top, right, bottom = font.getbbox(text)
    image = Image.new("L", (int(right - left) + 2, int(bottom - top) + 2), 0)
    ImageDraw.Draw(image).text((1 - left, 1 - top), text, font=font, fill=255)
    stamp = np.asarray(image, np.float32) / 255
    return np.kron(stamp, np.ones((enlarged, enlarged), np.float32))


def _slanted(stamp: npt.NDArray[np.float32], degrees: float) -> npt.NDArray[np.float32]:
    turned = Image.fromarray(stamp).rotate(degrees, Image.Resampling.BICUBIC, expand=True)
    return np.clip(np.asarray(turned, np.float32), 0, 1)


def _free(
    chance: random.Random, size: tuple[int, ...], stamp: tuple[int, ...], taken: list[tuple[int, int, int, int]]
) -> tuple[int, int] | None:
    if stamp[0] + 4 >= size[0] or stamp[1] + 4 >= size[1]:
        return None
    for _ in range(60):
        top, left = chance.randint(1, size[0] - stamp[0] - 2), chance.randint(1, size[1] - stamp[1] - 2)
        bottom, right = top + stamp[0], left + stamp[1]
        if all(top > b[2] + 6 or bottom < b[0] - 6 or left > b[3] + 12 or right < b[1] - 12 for b in taken):
            return top, left
    return None


def empty(chance: random.Random, background: str) -> Picture:
    """A picture without text."""
    numbers = np.random.default_rng(chance.randint(0, 2**32))
    if background == "noise":
        return np.clip(numbers.normal(90, 25, (512, 512)), 0, 255).astype(np.uint8)
    if background == "screen":
        return np.full((480, 640), chance.choice((0, 30, 200, 255)), np.uint8)
    if background == "ultrasound cone":
        return _cone(numbers)
    name = {"CT": "693_J2KI.dcm", "MR": "MR_small.dcm", "ultrasound": "examples_rgb_color.dcm"}[background]
    return _of_sample(name)


def _cone(numbers: np.random.Generator) -> Picture:
    y, x = np.mgrid[:480, :640]
    radius, angle = np.hypot(x - 320, y + 40), np.abs(np.arctan2(x - 320, y + 40))
    speckle = numbers.rayleigh(45, (480, 640)) * (0.6 + 0.4 * np.sin(radius / 23))
    return np.where((angle < 0.7) & (radius > 90) & (radius < 480), np.clip(speckle, 0, 255), 0).astype(np.uint8)


@cache
def _of_sample(name: str) -> Picture:
    pixels = pixel_array(dcmread(str(get_testdata_file(name))))
    if pixels.ndim == 3:
        return np.asarray(Image.fromarray(pixels).convert("L").resize((640, 480), Image.Resampling.BICUBIC))
    low, high = np.percentile(pixels, (0.5, 99.5))
    grey = (np.clip((pixels - low) / (high - low), 0, 1) * 200).astype(np.uint8)
    if min(grey.shape) < 256:
        return np.asarray(Image.fromarray(grey).resize((384, 384), Image.Resampling.BICUBIC))
    return grey
