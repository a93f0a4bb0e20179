"""The demo: a simulated hospital and all parts of radquarry in one process, with a crawl under way."""

import asyncio
import socket
from datetime import date
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import yaml

from radquarry.hospital.hospital import Hospital
from radquarry.hospital.settings import HospitalSettings, PacsSettings
from radquarry.messages import CrawlRequested
from radquarry.service import run
from radquarry.standalone.parts import opened
from radquarry.standalone.settings import load

NODE = {"ae_title": "RADQUARRY", "host": "127.0.0.1"}
USUAL_DICOM_PORT = 11112


async def run_demo(*, port: int, studies: int, data_dir: Path) -> None:
    """Run until cancelled. A second start goes on with what the first one has."""
    node_port = _free_port()
    pacs = PacsSettings(destinations={NODE["ae_title"]: f"{NODE['host']}:{node_port}"})
    async with Hospital(HospitalSettings(studies=studies, pacs=pacs)) as hospital:
        data_dir.mkdir(parents=True, exist_ok=True)
        file = data_dir / "radquarry.yaml"
        file.write_text(yaml.safe_dump(_configuration(hospital, port, node_port), sort_keys=False), "utf-8")
        async with opened(load(file), file) as (bus, services):
            first, last = hospital.truth.start_date, hospital.truth.end_date
            crawl_id = demo_crawl_id(first, last)
            await bus.publish(
                CrawlRequested(
                    crawl_id=crawl_id,
                    trail=crawl_id,
                    pacs="main",
                    start_date=first,
                    end_date=last,
                    requested_by="demo",
                )
            )
            say = asyncio.create_task(_say_where(port, studies))
            try:
                await run(bus, *services)
            finally:
                say.cancel()


def demo_crawl_id(first: date, last: date) -> UUID:
    """The same crawl for the same days, so that a restart goes on with it."""
    return uuid5(NAMESPACE_URL, f"radquarry-demo/{first}/{last}")


def _configuration(hospital: Hospital, port: int, node_port: int) -> dict[str, Any]:
    pacs = hospital.pacs
    return {
        "data_dir": ".",
        "timezone": hospital.settings.timezone,
        "api": {"host": "127.0.0.1", "port": port, "viewer_dir": "../viewer"},
        "node": {**NODE, "port": node_port},
        "pacs": {
            "main": {
                "ae_title": pacs.ae_title,
                "host": pacs.host,
                "port": pacs.port,
                "load": {"associations": 2},
            }
        },
        "ris": {"main": {"kind": "fhir", "url": hospital.ris.url}},
        "archive": {"reserve_gb": 1},
        "destinations": {
            "folder": {"kind": "directory", "path": "deliveries/folder", "identified": False},
            "zip-archive": {"kind": "directory", "path": "deliveries/zip", "zip": True, "identified": False},
        },
    }


def _free_port() -> int:
    """DICOM's usual port when nobody has it, else any."""
    for port in (USUAL_DICOM_PORT, 0):
        with socket.socket() as probe:
            try:
                probe.bind((NODE["host"], port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no port is free")


async def _say_where(port: int, studies: int) -> None:
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.2)
            continue
        writer.close()
        break
    print(f"radquarry with a simulated hospital of {studies} studies: http://127.0.0.1:{port}  (Ctrl-C ends it)")  # noqa: T201 - for the person who started it
