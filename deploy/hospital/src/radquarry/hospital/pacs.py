"""The PACS: a DICOM Query/Retrieve SCP over what the hospital holds."""

from collections.abc import Iterable

from pydicom.uid import (
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)
from pynetdicom import AE, _config, evt
from pynetdicom.events import EventHandlerType

from radquarry.hospital.faults import Faults
from radquarry.hospital.find_scp import FindScp
from radquarry.hospital.holdings import Holdings
from radquarry.hospital.retrieve_scp import Address, RetrieveScp
from radquarry.hospital.sessions import Sessions
from radquarry.hospital.settings import PacsSettings
from radquarry.hospital.traffic import Traffic

_QUERY_SYNTAXES = [ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian]
_VERIFICATION = "1.2.840.10008.1.1"
_ROOTS = {"patient": "1.2.840.10008.5.1.4.1.2.1", "study": "1.2.840.10008.5.1.4.1.2.2"}
_SERVICES = {"find": 1, "move": 2, "get": 3}


class Pacs:
    """Listens from `start()` to `stop()`; `kinds` are the (SOP class, transfer syntax) pairs C-GET may send."""

    def __init__(self, settings: PacsSettings, holdings: Holdings, faults: Faults, traffic: Traffic) -> None:
        self._settings = settings
        self._traffic = traffic
        self._destinations = {name: _address(text) for name, text in settings.destinations.items()}
        self._ae = _application_entity(settings)
        self._sessions = Sessions(self._ae, faults, traffic)
        self._find = FindScp(holdings, settings, faults, self._sessions, traffic)
        self._retrieve = RetrieveScp(holdings, self._destinations.get, faults, self._sessions, traffic)
        self.host = settings.host
        self.port = settings.port
        self.ae_title = settings.ae_title

    def know(self, ae_title: str, host: str, port: int) -> None:
        """Register a C-MOVE destination, in place of an earlier one of that name."""
        self._destinations[ae_title] = (host, port)

    def offer(self, kinds: Iterable[tuple[str, str]]) -> None:
        """Let C-GET send these (SOP class UID, transfer syntax UID) pairs."""
        for sop_class, syntax in kinds if "get" in self._settings.services else ():
            self._ae.add_supported_context(sop_class, syntax, scu_role=False, scp_role=True)

    def start(self) -> None:
        """Listen. Raises OSError when the port is taken."""
        _config.LOG_REQUEST_IDENTIFIERS = False
        _config.LOG_RESPONSE_IDENTIFIERS = False
        handlers: list[EventHandlerType] = [
            *self._sessions.handlers(),
            (evt.EVT_C_ECHO, self._echo),
            (evt.EVT_C_FIND, self._find.answer),
            (evt.EVT_C_MOVE, self._retrieve.move),
            (evt.EVT_C_GET, self._retrieve.get),
        ]
        server = self._ae.start_server((self.host, self.port), block=False, evt_handlers=handlers)
        if server is not None:
            self.port = server.server_address[1]

    def stop(self) -> None:
        """Abort every association and stop listening."""
        self._ae.shutdown()

    def _echo(self, event: evt.Event) -> int:
        session = self._sessions.of(event)
        self._traffic.end(self._traffic.begin("c-echo", session.number), "0000")
        if session.doomed:
            self._sessions.abort(event)
        return 0x0000


def _application_entity(settings: PacsSettings) -> AE:
    ae = AE(ae_title=settings.ae_title)
    ae.require_called_aet = settings.check_called_ae_title
    ae.require_calling_aet = settings.calling_ae_titles
    ae.add_supported_context(_VERIFICATION, _QUERY_SYNTAXES)
    for root in settings.roots:
        for service in settings.services:
            ae.add_supported_context(f"{_ROOTS[root]}.{_SERVICES[service]}", _QUERY_SYNTAXES)
    return ae


def _address(text: str) -> Address:
    host, _, port = text.rpartition(":")
    return host, int(port)
