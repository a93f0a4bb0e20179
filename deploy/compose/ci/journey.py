"""One journey over REST: crawl, search, retrieve, look at the images.

`journey.py URL USER STUDIES START END`, the password on standard input.
Prints what was counted, last of all `files COUNT` for the archive to be compared with.
Exits 1 with a sentence when something is not as it must be.
"""

import base64
import json
import sys
import time
import urllib.error
import urllib.request
from typing import Any

DEADLINE_SECONDS = 240


class Gateway:
    """The api as one of its users sees it."""

    def __init__(self, url: str, user: str, password: str) -> None:
        self._url = url.rstrip("/")
        self._authorization = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()

    def get(self, path: str) -> Any:
        """The JSON of a GET."""
        return json.loads(self._ask("GET", f"/api/v1{path}", None))

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """The JSON of a POST."""
        return json.loads(self._ask("POST", f"/api/v1{path}", json.dumps(body).encode()))

    def instances(self, study_instance_uid: str) -> int:
        """How many of a study DICOMweb finds."""
        return len(json.loads(self._ask("GET", f"/dicom-web/studies/{study_instance_uid}/instances", None)))

    def picture(self, study_instance_uid: str) -> bytes:
        """A small one that stands for a study, as PNG."""
        return self._ask("GET", f"/dicom-web/studies/{study_instance_uid}/thumbnail?accept=image/png", None)

    def _ask(self, method: str, path: str, body: bytes | None) -> bytes:
        headers = {"Authorization": self._authorization, "Content-Type": "application/json"}
        request = urllib.request.Request(self._url + path, body, headers, method=method)  # noqa: S310 - our own URL
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - our own URL
                content: bytes = answer.read()
                return content
        except urllib.error.HTTPError as error:
            sys.exit(f"{method} {path} answered {error.code}: {error.read(500).decode(errors='replace')}")


def refuses_strangers(url: str) -> None:
    """Without a password there is no answer but 401."""
    try:
        urllib.request.urlopen(f"{url}/api/v1/pacs", timeout=30)  # noqa: S310 - our own URL
    except urllib.error.HTTPError as error:
        if error.code == 401:
            return
        sys.exit(f"without a password /pacs answered {error.code}, not 401")
    sys.exit("the api answered without a password")


def finished(gateway: Gateway, path: str) -> Any:
    """What `path` says once its state is an end."""
    until = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < until:
        now = gateway.get(path)
        if now["state"] in ("complete", "incomplete", "cancelled"):
            return now
        time.sleep(1)
    sys.exit(f"{path} did not end within {DEADLINE_SECONDS} s: {json.dumps(now)[:2000]}")


def must(holds: bool, sentence: str) -> None:  # noqa: FBT001 - it is what is claimed
    """Exit with `sentence` unless the claim holds."""
    if not holds:
        sys.exit(sentence)


def crawl(gateway: Gateway, studies: int, start: str, end: str) -> None:
    """Every study of the hospital becomes a document."""
    began = time.monotonic()
    order = gateway.post("/crawls", {"pacs": "hospital", "start_date": start, "end_date": end})
    done = finished(gateway, f"/crawls/{order['id']}")
    counts = {name: done[name] for name in ("studies_found", "reports_fetched", "reports_missing", "documents_indexed")}
    print(f"crawl {done['state']} in {time.monotonic() - began:.1f} s: {done['windows']} {counts}")  # noqa: T201
    must(done["state"] == "complete", f"the crawl is {done['state']}: {done['problems']}")
    must(done["studies_found"] == studies, f"the hospital holds {studies} studies in these days")
    must(done["documents_indexed"] == studies, "not every study was indexed")


def search(gateway: Gateway, studies: int) -> list[str]:
    """All studies are there, and a word of a report finds some; those with the best hits are the ones to retrieve."""
    everything = gateway.get("/studies?limit=1")
    found = gateway.get("/studies?q=pneumothorax&limit=20")
    print(f"search: {everything['total']} studies, {found['total']} with pneumothorax")  # noqa: T201
    must(everything["total"] == studies, f"the index holds {everything['total']} studies, not {studies}")
    must(0 < found["total"] < studies, "pneumothorax should be found in some reports and not in all")
    must(bool(found["hits"][0]["highlights"]), "a hit shows no passage of its report")
    return [hit["study_instance_uid"] for hit in found["hits"]]


def retrieve(gateway: Gateway, study_instance_uids: list[str]) -> None:
    """Every instance of the studies comes into the archive."""
    order = gateway.post("/retrievals", {"studies": study_instance_uids})
    done = finished(gateway, f"/retrievals/{order['id']}")
    counts = done["instances"]
    print(f"retrieval {done['state']}: {len(study_instance_uids)} studies, {counts}")  # noqa: T201
    must(done["state"] == "complete", f"the retrieval is {done['state']}: {done['studies']}")
    must(counts["expected"] == counts["received"] > 0, "received is not what was expected")
    seen = sum(gateway.instances(uid) for uid in study_instance_uids)
    must(seen == counts["received"], f"DICOMweb finds {seen} instances, not {counts['received']}")
    picture = gateway.picture(study_instance_uids[0])
    must(picture.startswith(b"\x89PNG"), "a study has no picture")
    print(f"DICOMweb: {seen} instances, a picture of {len(picture)} bytes")  # noqa: T201
    print(f"files {counts['received']}")  # noqa: T201


def main() -> None:
    """The whole journey."""
    url, user, studies, start, end = sys.argv[1:6]
    refuses_strangers(url)
    gateway = Gateway(url, user, sys.stdin.readline().rstrip("\n"))
    crawl(gateway, int(studies), start, end)
    retrieve(gateway, search(gateway, int(studies)))


if __name__ == "__main__":
    main()
