"""`make viewer`: the OHIF viewer from npm, checked, cut down and put where the api serves it from.

`fetch.py FOLDER` asks npm; `fetch.py FOLDER PACKED` takes what `npm pack` has brought already, and `fetch.py --name`
says what that must be asked for. Only the standard library: the image of the api runs it in a build stage of its own.
"""

import base64
import gzip
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path, PurePosixPath

PACKAGE = "@ohif/app"
VERSION = "3.13.2"
INTEGRITY = "sha512-WZdxmpmG7rqFgW9ZJLcbgr3XCtLi1KDNPoMaeY5PPe6j4G4fjEjjkycZM6C6Zk2F87BKxFfpq+jd5xXZB9E8EA=="
PLACE = "/viewer/files/"
"""Where the api serves it; the package is built for `/`."""
SECONDS = 600
LEFT_OUT = re.compile(
    r"\.map$|^ort/|^customizations/|^assets/|^(sw|init-service-worker|google|es6-shim\.min|polyfill\.min|oidc-client\.min"
    r"|app-config)\.js$|\.html$|^(_headers|_redirects|serve\.json|manifest\.json)$"
)
"""Source maps, neural networks, icons of telephones, a service worker from elsewhere, sign-in at others."""
FOR_ROOT = b'__webpack_require__.p = "/"'
FILES_FOR_ROOT = 8
WORTH_PACKING = 64 * 1024
MOST_BYTES = 400 * 1024 * 1024


def main() -> None:
    """Exit code 1 with a sentence where it cannot be had."""
    place, *packed = sys.argv[1:]
    if place == "--name":
        print(f"{PACKAGE}@{VERSION}")
        return
    folder = Path(place).resolve()
    if _version_in(folder) == [VERSION, PLACE]:
        print(f"{folder} holds the viewer {VERSION}")
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".viewer-") as scratch:
        archive = Path(packed[0]) if packed else _packed(Path(scratch))
        _check(archive)
        fresh = Path(scratch) / "fresh"
        _unpack(archive, fresh)
        fresh.chmod(0o755)
        if folder.exists():
            shutil.rmtree(folder)
        fresh.rename(folder)
    print(f"{folder} holds the viewer {VERSION}")


def _version_in(folder: Path) -> list[str]:
    try:
        about = json.loads((folder / "viewer.json").read_text("utf-8"))
        return [about["version"], about["place"]]
    except (OSError, ValueError, KeyError):
        return []


def _packed(scratch: Path) -> Path:
    """The package as npm gives it."""
    if shutil.which("npm") is None:
        sys.exit("npm is not here, and the viewer comes from npm: install it (Debian: apt-get install npm)")
    command = [
        "npm",
        "pack",
        f"{PACKAGE}@{VERSION}",
        "--silent",
        "--ignore-scripts",
        "--pack-destination",
        str(scratch),
    ]
    done = subprocess.run(command, cwd=scratch, capture_output=True, text=True, timeout=SECONDS, check=False)
    archives = list(scratch.glob("*.tgz"))
    if done.returncode or len(archives) != 1:
        sys.exit(f"npm does not give {PACKAGE} {VERSION} (exit code {done.returncode})")
    return archives[0]


def _check(archive: Path) -> None:
    """It has the fingerprint that it must have."""
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if f"sha512-{digest}" != INTEGRITY:
        sys.exit(f"{PACKAGE} {VERSION} is not what it was: its sha512 differs from the one written here")


def _unpack(archive: Path, folder: Path) -> None:
    changed, left = 0, MOST_BYTES
    with tarfile.open(archive) as package:
        for member in package:
            path = PurePosixPath(member.name)
            if not member.isfile() or ".." in path.parts or path.is_absolute():
                continue
            if path.name == "LICENSE" or path.parts[:2] == ("package", "dist"):
                name = "LICENSE" if path.name == "LICENSE" else str(path.relative_to("package/dist"))
                if LEFT_OUT.search(name):
                    continue
                left -= member.size
                if left < 0:
                    sys.exit("the package is far larger than it was")
                stream = package.extractfile(member)
                content = stream.read() if stream else b""
                changed += FOR_ROOT in content
                _write(folder / name, _for_its_place(name, content))
    if changed != FILES_FOR_ROOT:
        sys.exit(
            f"{changed} scripts are built for /, not {FILES_FOR_ROOT}: the package is laid out otherwise than it was"
        )
    scripts = [file.name for file in folder.glob("app.bundle.*.js")]
    if len(scripts) != 1:
        sys.exit("the package has no single app.bundle.js")
    about = {"package": PACKAGE, "version": VERSION, "place": PLACE, "script": scripts[0], "style": "app.bundle.css"}
    (folder / "viewer.json").write_text(json.dumps(about), "utf-8")


def _for_its_place(name: str, content: bytes) -> bytes:
    if name.endswith(".js"):
        return content.replace(FOR_ROOT, FOR_ROOT.replace(b'"/"', f'"{PLACE}"'.encode()))
    if name.endswith(".css"):
        return content.replace(b"url(/", f"url({PLACE}".encode())
    return content


def _write(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    if len(content) >= WORTH_PACKING and file.suffix in {".js", ".css", ".wasm"}:
        file.with_name(f"{file.name}.gz").write_bytes(gzip.compress(content, 6, mtime=0))


if __name__ == "__main__":
    main()
