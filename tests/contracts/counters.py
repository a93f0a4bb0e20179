"""A table of counters in a state store, and what is in it."""

from sqlalchemy import Column, Integer, MetaData, String, Table, select

from radquarry.state.store import State

tables = MetaData()
counters = Table("counters", tables, Column("name", String(20), primary_key=True), Column("value", Integer))


async def rows(state: State) -> dict[str, int]:
    """Every counter by its name."""
    async with state.reading() as connection:
        return {row.name: row.value for row in await connection.execute(select(counters))}
