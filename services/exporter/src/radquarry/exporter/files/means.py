"""What uploaded files are worked on with."""

from dataclasses import dataclass
from pathlib import Path

from radquarry.bus.port import Publish
from radquarry.configuration.uploads import UploadedFiles
from radquarry.exporter.bell import Bell
from radquarry.exporter.delivery.cleaning_run import Engine
from radquarry.exporter.delivery.room import Room
from radquarry.exporter.files.exchange import Exchange
from radquarry.exporter.files.jobs import Jobs
from radquarry.exporter.patience import Patience


@dataclass(frozen=True)
class FilesMeans:
    """What jobs are worked off with; `staging` is the exporter's own folder, `mappings` where they are kept.

    `limits` are of what one job may unpack to.
    """

    jobs: Jobs
    exchange: Exchange
    engine: Engine
    room: Room
    limits: UploadedFiles
    staging: Path
    mappings: Path
    publish: Publish
    bell: Bell
    patience: Patience
