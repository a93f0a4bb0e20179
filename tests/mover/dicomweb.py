"""A DICOMweb service over what the simulated hospital holds, on loopback: WADO-RS of stored objects only."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import Any

from pydicom import dcmwrite

from radquarry.hospital.hospital import Hospital


class Service:
    """`answers` are the statuses of the next requests, 200 when there is none; `cut_after` bytes the answer ends."""

    def __init__(self, hospital: Hospital) -> None:
        self.hospital = hospital
        self.asked: list[str] = []
        self.tokens: list[str | None] = []
        self.answers: list[int] = []
        self.cut_after: int | None = None
        self.url = ""

    def body(self, path: str) -> bytes:
        """Every object the path names."""
        names = path.strip("/").split("/")[1:]
        uids = dict(zip(("studies", "series", "instances"), names[1::2], strict=False))
        found = BytesIO()
        for study in self.hospital.truth._holdings.with_uid(uids["studies"]):
            for series in study.series():
                for instance in series.instances():
                    wanted = (
                        uids.get("series", series.series_instance_uid),
                        uids.get("instances", instance.sop_instance_uid),
                    )
                    if wanted == (series.series_instance_uid, instance.sop_instance_uid):
                        found.write(b"\r\n--radquarry--7\r\nContent-Type: application/dicom\r\n\r\n")
                        dcmwrite(found, instance.load(), enforce_file_format=True)
        found.write(b"\r\n--radquarry--7--\r\n")
        return found.getvalue()


@contextmanager
def dicomweb(hospital: Hospital) -> Iterator[Service]:
    """Serves until the block ends."""
    service = Service(hospital)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            service.asked.append(self.path)
            service.tokens.append(self.headers.get("Authorization"))
            status = service.answers.pop(0) if service.answers else 200
            body = service.body(self.path) if status == 200 else b""
            self.send_response(status)
            self.send_header("Content-Type", 'multipart/related; type="application/dicom"; boundary="radquarry--7"')
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: service.cut_after])
            if service.cut_after is not None:
                service.cut_after = None
                self.wfile.flush()
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True

        def log_message(self, *_said: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service.url = f"http://127.0.0.1:{server.server_address[1]}/dicom-web"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
