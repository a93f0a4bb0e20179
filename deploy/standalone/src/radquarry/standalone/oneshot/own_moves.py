"""A move of a PACS in radquarry.yaml: within the budget of its installation, into the archive or a folder."""

from radquarry.configuration.addresses import bus_address
from radquarry.configuration.file import ConfigurationError
from radquarry.dicom.uids import is_uid
from radquarry.standalone import settings
from radquarry.standalone.move_command import MoveOptions
from radquarry.standalone.oneshot.days import Wanted
from radquarry.standalone.oneshot.layouts import layout_of
from radquarry.standalone.oneshot.listing import ByDays, Named, Source
from radquarry.standalone.oneshot.moving import Move
from radquarry.standalone.oneshot.peers import of_configuration
from radquarry.standalone.oneshot.receiving import Site, without_limits
from radquarry.standalone.oneshot.starting import day_option


def of_configured(options: MoveOptions) -> Move:
    """Raises `ConfigurationError`."""
    file = settings.found(options.config)
    asked = of_configuration(file, options.pacs)
    whole = settings.load(file)
    site = Site(
        name=asked.name,
        pacs=without_limits(whole.pacs[asked.name], 1),
        node=whole.node,
        timezone=whole.timezone,
        wait_seconds=options.wait * 60,
        reserve_gb=whole.archive.reserve_gb,
    )
    is_archived = options.output is None
    if is_archived and options.sort_by:
        raise ConfigurationError(["--sort-by needs a folder: -o FOLDER; the archive is sorted by study"])
    folder = whole.data_dir / "archive" if options.output is None else options.output
    layout = layout_of(folder, "STUDY" if is_archived else options.sort_by or "PATIENT")
    return Move(
        asked,
        site,
        _source(options),
        layout,
        bus_url=bus_address(whole.data_dir, whole.bus_url) if is_archived else None,
    )


def _source(options: MoveOptions) -> Source:
    if options.studies and options.first:
        raise ConfigurationError(["name studies, or days with --from, not both"])
    if options.first is None:
        if strange := sum(not is_uid(study) for study in options.studies):
            raise ConfigurationError([f"{strange} of the arguments are no Study Instance UIDs"])
        return Named(options.studies)
    first, last = day_option("--from", options.first), day_option("--to", options.last or options.first)
    if last < first:
        raise ConfigurationError([f"--to {last} lies before --from {first}"])
    modalities = tuple(dict.fromkeys(kind.upper() for kind in options.modalities))
    return ByDays(Wanted(first, last, ("StudyInstanceUID",), modalities))
