"""What is written down of an order: a row for each study, and for each series that the order knew."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from radquarry.dicom.uids import is_uid
from radquarry.messages import RetrievalRequested, WantedStudy


def study_row(order: RetrievalRequested, wanted: WantedStudy, position: int, due: datetime) -> dict[str, Any]:
    """Of a study as it was ordered."""
    return {
        "retrieval_id": str(order.retrieval_id),
        "study_instance_uid": wanted.study_instance_uid,
        "pacs": wanted.pacs,
        "priority": order.priority,
        "position": position,
        "sop_instance_uids": " ".join(dict.fromkeys(wanted.sop_instance_uids)),
        "prior_of": "",
        "listed": _listed(wanted),
        **fresh(due),
    }


def series_rows(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of what the order knew; what the ledger knows of them already stays."""
    return [
        {
            "study_instance_uid": row["study_instance_uid"],
            "series_instance_uid": uid,
            "modality": modality[:16],
            "instances": instances,
        }
        for row in rows
        for uid, modality, instances in json.loads(row["listed"] or "[]")
    ]


def _listed(wanted: WantedStudy) -> str:
    """Empty unless every series says what can be counted on."""
    listed = [(one.series_instance_uid, one.modality, one.number_of_series_related_instances) for one in wanted.series]
    is_sound = all(is_uid(uid) and count for uid, _, count in listed)
    return json.dumps(listed) if listed and is_sound else ""


def lacking(lack: str) -> dict[str, Any]:
    """As it was said when the order was taken."""
    return {"state": "incomplete", "problem": lack, "expected": 0, "revision": 1} if lack else {"expected": None}


def fresh(due: datetime) -> dict[str, Any]:
    """Of a study that nobody has looked at."""
    return {
        "state": "requested",
        "due": due,
        "attempts": 0,
        "delays": 0,
        "chosen": "",
        "whole": False,
        "received": 0,
        "problem": "",
        "revision": 0,
    }
