"""`python -m radquarry.hospital`: the hospital as a process. Prints one JSON line when it is open."""

import argparse
import json
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from radquarry.hospital.hospital import Hospital
from radquarry.hospital.settings import HospitalSettings, heartbeat_file, read_settings

_HEARTBEAT_SECONDS = 5


def main(arguments: list[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT. Returns the exit code: 2 for senseless settings or a port that is taken, else 0."""
    asked = _parser().parse_args(arguments)
    try:
        _run(read_settings(asked.config, _overrides(asked)))
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)  # noqa: T201 - a command's own output
        return 2
    return 0


def _run(settings: HospitalSettings) -> None:
    heartbeat, stopped = heartbeat_file(), threading.Event()
    with Hospital(settings) as hospital:
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stopped.set())
        print(json.dumps(addresses(hospital)), flush=True)  # noqa: T201 - a command's own output
        while True:
            if heartbeat:
                heartbeat.touch()
            if stopped.wait(_HEARTBEAT_SECONDS):
                return


def addresses(hospital: Hospital) -> dict[str, Any]:
    """Where the hospital can be reached."""
    pacs, ris = hospital.pacs, hospital.ris
    return {
        "pacs": {"ae_title": pacs.ae_title, "host": pacs.host, "port": pacs.port},
        "ris": {"url": ris.url},
        "control": ris.url.removesuffix("/fhir") + "/control",
        "studies": hospital.settings.studies,
        "start_date": hospital.truth.start_date.isoformat(),
        "end_date": hospital.truth.end_date.isoformat(),
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m radquarry.hospital", description=__doc__)
    parser.add_argument("-c", "--config", type=Path, help="hospital.yaml")
    parser.add_argument("--studies", type=int)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--end-date")
    parser.add_argument("--host", help="address to listen on, for PACS and RIS")
    parser.add_argument("--pacs-port", type=int)
    parser.add_argument("--ris-port", type=int)
    parser.add_argument("--ae-title")
    parser.add_argument("--destination", action="append", default=[], metavar="AE=HOST:PORT")
    return parser


def _overrides(asked: argparse.Namespace) -> dict[str, Any]:
    known = dict(text.partition("=")[::2] for text in asked.destination)
    chosen: dict[str, Any] = {
        "studies": asked.studies,
        "seed": asked.seed,
        "end_date": asked.end_date,
        "pacs": {
            "host": asked.host,
            "port": asked.pacs_port,
            "ae_title": asked.ae_title,
            "destinations": known or None,
        },
        "ris": {"host": asked.host, "port": asked.ris_port},
    }
    return _without_none(chosen)


def _without_none(chosen: dict[str, Any]) -> dict[str, Any]:
    kept = {name: _without_none(value) if isinstance(value, dict) else value for name, value in chosen.items()}
    return {name: value for name, value in kept.items() if value is not None}


if __name__ == "__main__":
    sys.exit(main())
