"""Every service brings its own tables up to date at its start, beside its own version table."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, text

from radquarry.errors import Permanent
from radquarry.state.store import State

SCRIPTS = Path(__file__).parent / "alembic"


async def migrate(state: State, service: str, versions: Path) -> None:
    """Run the Alembic revisions in the folder `versions` that this store has not seen yet.

    Replicas that start together wait for each other. Raises `Permanent` when a newer radquarry made the tables.
    """
    async with state.writing() as connection:
        # the lock comes before Alembic, whose context is one for the whole process
        lock = "pg_advisory_xact_lock(hashtext('radquarry-migration'))" if state.dialect == "postgresql" else "1"
        await connection.execute(text(f"SELECT {lock}"))
        await connection.run_sync(_upgrade, service, versions)


def _upgrade(connection: Connection, service: str, versions: Path) -> None:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.set_main_option("version_locations", str(versions).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.attributes["connection"] = connection
    config.attributes["version_table"] = f"{service.replace('-', '_')}_alembic_version"
    try:
        command.upgrade(config, "heads")
    except CommandError:
        raise Permanent(f"the tables of {service} in the state store were made by a newer radquarry") from None
