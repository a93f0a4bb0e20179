"""Whose pseudonyms are which: kept of deliveries that were ordered with a mapping, in a table and as a CSV."""

from collections.abc import Collection
from pathlib import Path

from sqlalchemy import select

from radquarry.exporter.delivery.consignment import Consignment
from radquarry.exporter.pseudonyms.mapping_file import Row, write_mapping
from radquarry.exporter.tables import pseudonyms
from radquarry.state.store import State


class NamesKnown:
    """The CSV lies beside the archive, `{folder}/{delivery_id}.csv`, for its owner alone; it is never delivered."""

    def __init__(self, state: State, folder: Path) -> None:
        self._state = state
        self._folder = folder

    async def note(self, of: Consignment, rows: Collection[Row]) -> None:
        """Before any of their files leaves."""
        if not rows or of.deidentify is None:
            return
        of_delivery = {"delivery_id": str(of.delivery_id), "project": of.deidentify.project}
        found = [{**of_delivery, "kind": kind, "original": one, "pseudonym": name} for kind, one, name in sorted(rows)]
        async with self._state.writing() as connection:
            await self._state.upsert(connection, pseudonyms, found, "pseudonym")

    async def write(self, of: Consignment) -> None:
        """The CSV, anew. Raises `MappingRefused`."""
        query = select(pseudonyms).where(pseudonyms.c.delivery_id == str(of.delivery_id))
        async with self._state.reading() as connection:
            rows = [(row.kind, row.original, row.pseudonym) for row in (await connection.execute(query)).all()]
        if rows:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_mapping(self._folder / f"{of.delivery_id}.csv", rows)
