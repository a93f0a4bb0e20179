"""A process of its own that decodes one file: a picture that is made to crash a decoder ends this process alone.

`python -m radquarry.exporter.pixels.decoding_process FILE OUTPUT` writes the samples to OUTPUT, frame after frame, and
says on its standard output, as JSON, what they are. It ends with another code than 0 where it cannot.
"""

import json
import resource
import sys
import warnings
from pathlib import Path

import numpy as np
from pydicom import dcmread
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import JPEGExtended12Bit

from radquarry.dicom.jpeg_of_12_bits import PLUGIN, add_jpeg_of_12_bits

PLUGINS = {
    "1.2.840.10008.1.2.4.50": "pillow", "1.2.840.10008.1.2.4.51": "pillow",
    "1.2.840.10008.1.2.4.57": "gdcm", "1.2.840.10008.1.2.4.70": "gdcm",
    "1.2.840.10008.1.2.4.80": "pyjpegls", "1.2.840.10008.1.2.4.81": "pyjpegls",
    "1.2.840.10008.1.2.4.90": "pylibjpeg", "1.2.840.10008.1.2.4.91": "pylibjpeg",
    "1.2.840.10008.1.2.4.201": "pylibjpeg", "1.2.840.10008.1.2.4.202": "pylibjpeg",
    "1.2.840.10008.1.2.4.203": "pylibjpeg", "1.2.840.10008.1.2.5": "pydicom",
}  # fmt: skip
"""Which decoder reads which transfer syntax: one each, so that a file is read the same wherever it is read."""
LOSSY = ("1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51")
"""Their colours come as RGB; those of others as they are stored, so that nothing is rounded."""
MOST_MEMORY = 12 << 30
"""Bytes of address space, most of which libraries reserve and never use."""
MOST_SECONDS = 300
"""Of the processor."""


def main(file: Path, output: Path) -> None:
    """Decode `file` frame by frame."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    warnings.simplefilter("ignore")
    dataset = dcmread(file)
    syntax = dataset.file_meta.TransferSyntaxUID
    add_jpeg_of_12_bits()
    is_deep = syntax == JPEGExtended12Bit and dataset.get("BitsStored") != 8
    plugin = PLUGIN if is_deep else PLUGINS.get(syntax, "")
    said: dict[str, str | int] = {}
    shape: tuple[int, ...] = ()
    count = 0
    with output.open("wb") as samples:
        for frame, meta in get_decoder(syntax).iter_array(dataset, raw=syntax not in LOSSY, decoding_plugin=plugin):
            shape = frame.shape
            said = {name: value for name, value in meta.items() if isinstance(value, str | int)}
            little = frame.astype(frame.dtype.newbyteorder("<"), copy=False)
            said["dtype"] = little.dtype.str
            samples.write(np.ascontiguousarray(little).tobytes())
            count += 1
    sys.stdout.write(json.dumps({**said, "shape": [count, *shape]}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
